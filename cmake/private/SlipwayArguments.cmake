# The words of a call: sorted by keyword, checked, with errors that name the call.
include_guard(GLOBAL)

# Stop the configuration; `call` is "add_container_image(app_image)".
function(_slipway_fail call text)
  message(FATAL_ERROR "${call}: ${text}")
endfunction()

# A program's output for the text of message(), which wraps no line that begins
# with a space.
function(_slipway_verbatim text out)
  string(STRIP "${text}" text)
  string(REPLACE "\n" "\n " text "${text}")
  set(${out} " ${text}" PARENT_SCOPE)
endfunction()

# The number of single-character edits between two words (Levenshtein).
function(_slipway_edit_distance a b out)
  string(LENGTH "${a}" length_a)
  string(LENGTH "${b}" length_b)
  set(row "")
  foreach(column RANGE ${length_b})
    list(APPEND row ${column})
  endforeach()
  foreach(i RANGE 1 ${length_a})
    math(EXPR previous "${i} - 1")
    string(SUBSTRING "${a}" ${previous} 1 character_a)
    set(next ${i})
    foreach(j RANGE 1 ${length_b})
      math(EXPR left "${j} - 1")
      string(SUBSTRING "${b}" ${left} 1 character_b)
      list(GET row ${left} substitution)
      list(GET row ${j} deletion)
      list(GET next ${left} insertion)
      if(NOT character_a STREQUAL character_b)
        math(EXPR substitution "${substitution} + 1")
      endif()
      math(EXPR deletion "${deletion} + 1")
      math(EXPR insertion "${insertion} + 1")
      set(costs ${substitution} ${deletion} ${insertion})
      list(SORT costs COMPARE NATURAL)
      list(GET costs 0 cost)
      list(APPEND next ${cost})
    endforeach()
    set(row ${next})
  endforeach()
  list(GET row -1 distance)
  set(${out} ${distance} PARENT_SCOPE)
endfunction()

# "; did you mean 'X'?" for the nearest of the given words, or nothing.
function(_slipway_did_you_mean word out)
  set(best 3)
  set(hint "")
  foreach(candidate IN LISTS ARGN)
    string(LENGTH "${candidate}" length)
    if(word STREQUAL "" OR length LESS 3)
      continue()
    endif()
    _slipway_edit_distance("${word}" "${candidate}" distance)
    if(distance LESS best)
      set(best ${distance})
      set(hint "; did you mean '${candidate}'?")
    endif()
  endforeach()
  set(${out} "${hint}" PARENT_SCOPE)
endfunction()

# Hide what the caller has under the names that the functions of a call share: an image
# adds its base by such a call, and projects have variables of these names, too.
macro(_slipway_forget_arguments)
  get_cmake_property(_slipway_variables VARIABLES)
  list(FILTER _slipway_variables INCLUDE REGEX "^(arg|value|empty)_|^(copy_flags|toolchain_layer)$")
  foreach(_slipway_variable IN LISTS _slipway_variables)
    unset("${_slipway_variable}")
  endforeach()
endmacro()

# A part of the functions that users call, behind `call`: checks their words as they
# were given, and sets words_UNPARSED_ARGUMENTS to those behind the first.
macro(_slipway_take_words)
  set(_slipway_count ARGC)  # by name: ARGC written out would be the macro's
  math(EXPR _slipway_last "${${_slipway_count}} - 1")
  foreach(_slipway_index RANGE ${_slipway_last})
    _slipway_check_word("${call}" "${ARGV${_slipway_index}}")
  endforeach()
  cmake_parse_arguments(PARSE_ARGV 1 words "" "" "")
  _slipway_forget_arguments()
endmacro()

# Sort the list `words` by keyword, into variables
# <prefix>_<KEYWORD> of the caller:
#
#   OPTIONS      TRUE where the word stands
#   ONE_VALUE    the value; unset where the keyword is missing
#   MANY_VALUES  a list; a `;` inside of a value is kept as `\;`
#   GROUPS       repeatable `<KEYWORD> <item>... DESTINATION <dir>`: the number of
#                them in <prefix>_GROUPS, and <prefix>_GROUP_<n>_{KIND,ITEMS,DESTINATION}
#
# cmake_parse_arguments() knows no groups, and takes the last of two values in silence.
function(_slipway_parse call prefix words)
  cmake_parse_arguments(PARSE_ARGV 3 arg "" "" "OPTIONS;ONE_VALUE;MANY_VALUES;GROUPS")
  set(keywords ${arg_OPTIONS} ${arg_ONE_VALUE} ${arg_MANY_VALUES} ${arg_GROUPS} DESTINATION)
  set(seen "")
  set(unknown "")
  set(group 0)
  set(open "")  # the variable that takes the next value, and the keyword that opened it
  set(opener "")

  foreach(word IN LISTS words)
    # The CMD of a health check is a word of its own instruction.
    set(is_value FALSE)
    if(NOT word IN_LIST keywords OR (word STREQUAL "CMD" AND opener STREQUAL "HEALTHCHECK"
                                     AND NOT value_HEALTHCHECK MATCHES "^NONE$|(^|;)CMD(;|$)"))
      set(is_value TRUE)
    endif()

    if(is_value)
      if(open STREQUAL "")
        list(APPEND unknown "${word}")
        continue()
      endif()
      string(REPLACE ";" "\\;" word "${word}")
      list(APPEND value_${open} "${word}")
      set(empty_${open} FALSE)
      if(opener IN_LIST arg_ONE_VALUE OR opener STREQUAL "DESTINATION")
        set(open "")
      endif()
      continue()
    endif()

    if(open AND empty_${open})
      _slipway_fail("${call}" "no value given for '${opener}'")
    endif()
    set(opener "${word}")
    set(open "${word}")
    if(word IN_LIST arg_OPTIONS)
      set(value_${word} TRUE)
      set(open "")
      continue()
    elseif(word STREQUAL "DESTINATION")
      if(group EQUAL 0 OR DEFINED value_GROUP_${group}_DESTINATION)
        list(JOIN arg_GROUPS " or " kinds)
        _slipway_fail("${call}" "'DESTINATION' without ${kinds} before it")
      endif()
      set(open GROUP_${group}_DESTINATION)
    elseif(word IN_LIST arg_GROUPS)
      math(EXPR group "${group} + 1")
      set(value_GROUP_${group}_KIND ${word})
      set(open GROUP_${group}_ITEMS)
    elseif(word IN_LIST arg_ONE_VALUE AND word IN_LIST seen)
      _slipway_fail("${call}" "'${word}' is given twice")
    endif()
    list(APPEND seen ${word})
    set(empty_${open} TRUE)
  endforeach()

  if(open AND empty_${open})
    _slipway_fail("${call}" "no value given for '${opener}'")
  endif()
  _slipway_fail_on_unknown("${call}" "${unknown}" "${keywords}")

  foreach(keyword IN LISTS arg_OPTIONS arg_ONE_VALUE arg_MANY_VALUES)
    unset(${prefix}_${keyword} PARENT_SCOPE)  # a variable of that name further out is not ours
    if(DEFINED value_${keyword})
      set(${prefix}_${keyword} "${value_${keyword}}" PARENT_SCOPE)
    endif()
  endforeach()
  set(${prefix}_GROUPS ${group} PARENT_SCOPE)
  foreach(n RANGE ${group})
    if(DEFINED value_GROUP_${n}_KIND AND NOT DEFINED value_GROUP_${n}_DESTINATION)
      list(JOIN value_GROUP_${n}_ITEMS " " items)
      _slipway_fail("${call}" "'${value_GROUP_${n}_KIND} ${items}' has no DESTINATION")
    endif()
    foreach(part KIND ITEMS DESTINATION)
      set(${prefix}_GROUP_${n}_${part} "${value_GROUP_${n}_${part}}" PARENT_SCOPE)
    endforeach()
  endforeach()
endfunction()

# Name all words that no keyword takes; the first one gets a suggestion.
function(_slipway_fail_on_unknown call unknown keywords)
  if(unknown STREQUAL "")
    return()
  endif()
  list(GET unknown 0 first)
  list(JOIN unknown "', '" listed)
  _slipway_did_you_mean("${first}" hint ${keywords})
  _slipway_fail("${call}" "unknown argument '${listed}'${hint}")
endfunction()

# Each value of the list `values` must match `pattern`, unless it holds
# a generator expression: those are known only when CMake generates.
function(_slipway_check_values call keyword values pattern expected)
  foreach(value IN LISTS values)
    if(value MATCHES "[\r\n]" AND NOT keyword MATCHES "^(ENTRYPOINT|CMD|HEALTHCHECK)$")
      _slipway_fail("${call}" "${keyword} '${value}' holds a newline, which a Dockerfile cannot say")
    endif()
    if(NOT value MATCHES "\\$<" AND NOT value MATCHES "${pattern}")
      _slipway_fail("${call}" "${keyword} '${value}' is not ${expected}")
    endif()
  endforeach()
endfunction()

# The two sides of the first `=` of <key>=<value>.
function(_slipway_split_pair pair key value)
  string(FIND "${pair}" "=" position)
  string(SUBSTRING "${pair}" 0 ${position} left)
  math(EXPR position "${position} + 1")
  string(SUBSTRING "${pair}" ${position} -1 right)
  set(${key} "${left}" PARENT_SCOPE)
  set(${value} "${right}" PARENT_SCOPE)
endfunction()

# For the keywords whose value shapes the build and so is read at configure time.
function(_slipway_refuse_genex call keyword)
  foreach(value IN LISTS ARGN)
    if(value MATCHES "\\$<")
      _slipway_fail("${call}" "${keyword} '${value}' is read at configure time and takes no generator expression")
    endif()
  endforeach()
endfunction()

# A CMake list cannot hold every word: a backslash at the end or a square bracket
# without its partner would glue the word to the next one.
function(_slipway_check_word call word)
  string(REGEX REPLACE "[^[]" "" opening "${word}")
  string(REGEX REPLACE "[^]]" "" closing "${word}")
  string(LENGTH "${opening}" opening)
  string(LENGTH "${closing}" closing)
  if(word MATCHES "\\\\$" OR NOT opening EQUAL closing)
    _slipway_fail("${call}" "a CMake list cannot hold '${word}'")
  endif()
endfunction()
