# The text of a Dockerfile: quoting, lines of instructions, templates.
#
# A value may hold generator expressions, and so the text made here goes through
# file(GENERATE). What stands outside of `$<...>` is quoted here, once. What an
# expression yields is put in as it is: nothing can quote it at that point.
#
# Three languages are nested, and each function below speaks one of them:
#   _slipway_docker_escape   Dockerfile words: `\`, quotes and `$` mean something
#   _slipway_json_escape     the exec form: ["/usr/bin/app", "--flag"]
#   _slipway_genex_escape    a text that becomes an argument of `$<...>`
include_guard(GLOBAL)

# A backslash before all that Dockerfile words give a meaning to, but for the
# `$` that opens a generator expression. `also` holds further characters for it.
function(_slipway_docker_escape value also out)
  string(ASCII 1 opener)
  string(REPLACE "$<" "${opener}" value "${value}")
  string(REGEX REPLACE "([\\\"$${also}])" "\\\\\\1" value "${value}")
  string(REPLACE "${opener}" "$<" value "${value}")
  set(${out} "${value}" PARENT_SCOPE)
endfunction()

# One word, in double quotes where it needs them.
function(_slipway_docker_quoted value out)
  if(NOT value MATCHES "^[A-Za-z0-9_./:@%+,=-]+$")
    _slipway_docker_escape("${value}" "" value)
    set(value "\"${value}\"")
  endif()
  set(${out} "${value}" PARENT_SCOPE)
endfunction()

# One word that may be a generator expression as a whole: without quotes then,
# so that an empty one leaves nothing.
function(_slipway_docker_word value out)
  if(value MATCHES "^\\$<.*>$")
    _slipway_docker_escape("${value}" "' \t" word)
  else()
    _slipway_docker_quoted("${value}" word)
  endif()
  set(${out} "${word}" PARENT_SCOPE)
endfunction()

# <key>=<value>, only the value quoted.
function(_slipway_docker_pair pair out)
  if(pair MATCHES "^([^=$]+=)(.*)$")
    set(key "${CMAKE_MATCH_1}")
    _slipway_docker_quoted("${CMAKE_MATCH_2}" word)
    set(${out} "${key}${word}" PARENT_SCOPE)
  else()
    _slipway_docker_word("${pair}" word)
    set(${out} "${word}" PARENT_SCOPE)
  endif()
endfunction()

# The inside of a JSON string.
function(_slipway_json_escape value out)
  string(REPLACE "\\" "\\\\" value "${value}")
  string(REPLACE "\"" "\\\"" value "${value}")
  string(REPLACE "\n" "\\n" value "${value}")
  string(REPLACE "\r" "\\r" value "${value}")
  string(REPLACE "\t" "\\t" value "${value}")
  set(${out} "${value}" PARENT_SCOPE)
endfunction()

# The paths of COPY and VOLUME: bare, or in the JSON form, the only one that can
# say a space; its strings are Dockerfile words again.
function(_slipway_docker_paths paths out)
  if(paths MATCHES "^[A-Za-z0-9_./@%+,;-]+$")
    list(JOIN paths " " text)
    set(${out} "${text}" PARENT_SCOPE)
    return()
  endif()
  set(strings "")
  foreach(path IN LISTS paths)
    _slipway_docker_escape("${path}" "'" path)
    _slipway_json_escape("${path}" path)
    list(APPEND strings "\"${path}\"")
  endforeach()
  list(JOIN strings ", " text)
  set(${out} "[${text}]" PARENT_SCOPE)
endfunction()

# Make `text` stand for itself inside of `$<...>`: commas and `>` of its own are
# spelled as expressions, those of expressions that it holds are left alone.
function(_slipway_genex_escape text out)
  set(result "")
  set(depth 0)
  while(text MATCHES "^([^$>,]*)(\\$<|[$>,])")
    set(token "${CMAKE_MATCH_2}")
    string(APPEND result "${CMAKE_MATCH_1}")
    string(LENGTH "${CMAKE_MATCH_0}" length)
    string(SUBSTRING "${text}" ${length} -1 text)
    if(token STREQUAL "$<")
      math(EXPR depth "${depth} + 1")
    elseif(depth GREATER 0 AND token STREQUAL ">")
      math(EXPR depth "${depth} - 1")
    elseif(depth EQUAL 0 AND token STREQUAL ",")
      set(token "$<COMMA>")
    elseif(depth EQUAL 0 AND token STREQUAL ">")
      set(token "$<ANGLE-R>")
    endif()
    string(APPEND result "${token}")
  endwhile()
  set(${out} "${result}${text}" PARENT_SCOPE)
endfunction()

# The elements of the list `values` between `before`, `glue` and `after`, with a
# line end; nothing at all where the list is empty. With generator expressions,
# the elements that turn out to be empty are left out, and no element, no line.
function(_slipway_joined_line before glue after values out)
  if(values STREQUAL "")
    set(${out} "" PARENT_SCOPE)
    return()
  endif()
  if(NOT values MATCHES "\\$<")
    list(JOIN values "${glue}" text)
    set(${out} "${before}${text}${after}\n" PARENT_SCOPE)
    return()
  endif()
  set(list "")
  foreach(value IN LISTS values)
    _slipway_genex_escape("${value}" value)
    string(REPLACE ";" "\\;" value "${value}")
    list(APPEND list "${value}")
  endforeach()
  string(CONCAT text "$<$<NOT:$<STREQUAL:$<JOIN:${list},>,>>:" #
                "${before}$<JOIN:${list},${glue}>${after}\n>")
  set(${out} "${text}" PARENT_SCOPE)
endfunction()

# One line for each value, which `form` (word, pair, paths) says how to quote.
function(_slipway_instruction_lines instruction form values out)
  set(words "")
  foreach(value IN LISTS values)
    cmake_language(CALL _slipway_docker_${form} "${value}" word)
    string(REPLACE ";" "\\;" word "${word}")
    list(APPEND words "${word}")
  endforeach()
  _slipway_joined_line("${instruction} " "\n${instruction} " "" "${words}" text)
  set(${out} "${text}" PARENT_SCOPE)
endfunction()

# INSTRUCTION ["<value>", ...]
function(_slipway_exec_line instruction values out)
  set(strings "")
  foreach(value IN LISTS values)
    _slipway_json_escape("${value}" string)
    string(REPLACE ";" "\\;" string "${string}")
    list(APPEND strings "${string}")
  endforeach()
  # The quotes belong to the glue, which stands only between elements that are there.
  _slipway_joined_line("${instruction} [\"" "\", \"" "\"]" "${strings}" text)
  set(${out} "${text}" PARENT_SCOPE)
endfunction()

# HEALTHCHECK takes the words of its instruction; the command is put in exec form.
function(_slipway_healthcheck_line words out)
  list(FIND words CMD index)
  if(index EQUAL -1)
    list(JOIN words " " text)
    _slipway_joined_line("HEALTHCHECK " " " "" "${text}" text)
  else()
    list(SUBLIST words 0 ${index} flags)
    list(JOIN flags " " flags)
    string(REGEX REPLACE "(.)$" "\\1 " flags "${flags}")
    math(EXPR index "${index} + 1")
    list(SUBLIST words ${index} -1 command)
    _slipway_exec_line("HEALTHCHECK ${flags}CMD" "${command}" text)
  endif()
  set(${out} "${text}" PARENT_SCOPE)
endfunction()

# Fill the template `file`. BLOCKS name placeholders that stand for whole lines,
# WORDS those inside of a line; the value of X is the caller's variable value_X.
# All but those in OPTIONAL must be there.
function(_slipway_fill_template file out)
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "" "BLOCKS;WORDS;OPTIONAL")
  set(known ${arg_BLOCKS} ${arg_WORDS})
  list(TRANSFORM known REPLACE "(.+)" "@\\1@" OUTPUT_VARIABLE listed)
  list(JOIN listed ", " listed)
  set(seen "")
  set(result "")
  set(number 0)

  file(READ "${file}" text)
  while(NOT text STREQUAL "")
    math(EXPR number "${number} + 1")
    string(REGEX MATCH "^([^\n]*)(\n?)" line "${text}")
    string(LENGTH "${line}" length)
    string(SUBSTRING "${text}" ${length} -1 text)
    set(line "${CMAKE_MATCH_1}")
    set(line_end "${CMAKE_MATCH_2}")
    set(where "${file}:${number}: error:")
    if(line MATCHES "^#[ \t]*[Ee][Ss][Cc][Aa][Pp][Ee][ \t]*=[ \t]*`")
      message(FATAL_ERROR " ${where} values are quoted with the escape character '\\', which this template changes")
    endif()

    while(line MATCHES "@([A-Z_]+)@")
      set(name "${CMAKE_MATCH_1}")
      if(NOT name IN_LIST known)
        message(FATAL_ERROR " ${where} unknown placeholder '@${name}@' in template\n known are ${listed}")
      endif()
      list(APPEND seen ${name})
      string(FIND "${line}" "@${name}@" position)
      string(SUBSTRING "${line}" 0 ${position} before)
      string(LENGTH "${before}@${name}@" length)
      string(SUBSTRING "${line}" ${length} -1 line)
      if(name IN_LIST arg_BLOCKS)
        if(NOT "${before}${line}" STREQUAL "")
          message(FATAL_ERROR " ${where} placeholder '@${name}@' must stand alone on its line")
        endif()
        set(line_end "")  # a block has its own line ends
      endif()
      string(APPEND result "${before}${value_${name}}")
    endwhile()
    string(APPEND result "${line}${line_end}")
  endwhile()

  foreach(name IN LISTS known)
    if(NOT name IN_LIST seen AND NOT name IN_LIST arg_OPTIONAL)
      message(FATAL_ERROR " ${file}:${number}: error: template has no placeholder '@${name}@'")
    endif()
  endforeach()
  set(${out} "${result}" PARENT_SCOPE)
endfunction()
