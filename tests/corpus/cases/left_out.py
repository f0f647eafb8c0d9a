"""What the cases' sources do around a build and expect.json leaves out."""

OPTIONS = {
    "bh-bud-with_containerfile_env_secret-01": ["--secret", "id=mysecret,src=MYSECRET,type=env"],
    "bh-bud-with_containerfile_env_secret_priority-01": ["--secret", "id=mysecret"],
}
ENVIRONMENT = {
    "bh-bud-with_containerfile_env_secret-01": {"MYSECRET": "SOMESECRETDATA"},
    "bh-bud-with_containerfile_env_secret_priority-01": {"mysecret": "ENVDATA"},
}
# Programs that the source compiles into the context: busybox does by its name what
# they do.
PROGRAMS = {f"bh-conf-mount-targets-{kind}": ["true"] for kind in ("mount", "new", "old")}
