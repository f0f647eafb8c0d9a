"""The cases that cannot pass, each with its reason."""

# The options of the source that make the difference are not in the case.
NO_OPTION = "the source gives an option that the case does not carry over"

EXCEPTIONS = {
    "bh-bud-with_bad_tag-01": NO_OPTION + ": --tag TEST1",
    "bh-bud-with_bad_tag-02": NO_OPTION + ": --tag TEST2",
    "bh-bud-with_rejected_name-01": NO_OPTION + ": --tag ThisNameShouldBeRejected",
}
# Of the cases without RUN.
LIMIT = 0.02
