# How values become Dockerfile words; each language on its own.
function(expect function input expected)
  cmake_language(CALL _slipway_${function} "${input}" actual)
  if(NOT actual STREQUAL expected)
    message(FATAL_ERROR "${function}: '${input}' became\n ${actual}\ninstead of\n ${expected}")
  endif()
endfunction()

expect(docker_quoted [[plain-1.2/x:y@z%+,=]] [[plain-1.2/x:y@z%+,=]])
expect(docker_quoted [[]] [[""]])
expect(docker_quoted [[two words]] [["two words"]])
expect(docker_quoted [[a"b'c]] [["a\"b'c"]])
expect(docker_quoted [[$HOME]] [["\$HOME"]])
expect(docker_quoted [[$$]] [["\$\$"]])
expect(docker_quoted [[back\slash]] [["back\\slash"]])
expect(docker_quoted [[x$<CONFIG>y]] [["x$<CONFIG>y"]])
expect(docker_quoted [[Grüße #1]] [["Grüße #1"]])

expect(docker_word [[$<CONFIG>]] [[$<CONFIG>]])
expect(docker_word [[$<1:a b>]] [[$<1:a\ b>]])

expect(docker_pair [[A=]] [[A=""]])
expect(docker_pair [[A=b=c]] [[A=b=c]])
expect(docker_pair [[A=$<CONFIG>]] [[A="$<CONFIG>"]])
expect(docker_pair [[$<1:A=b c>]] [[$<1:A=b\ c>]])

expect(docker_paths [[a/;/b/]] [[a/ /b/]])
expect(docker_paths [[a/;/b c/]] [=[["a/", "/b c/"]]=])
expect(docker_paths [[a/;/b"c'$d/]] [=[["a/", "/b\\\"c\\'\\$d/"]]=])

expect(json_escape "a\"b\\c\nd\te" [[a\"b\\c\nd\te]])

expect(genex_escape [[a,b>c]] [[a$<COMMA>b$<ANGLE-R>c]])
expect(genex_escape [[$<IF:1,a,b>]] [[$<IF:1,a,b>]])
expect(genex_escape [[x,$<IF:$<BOOL:1>,a,b>,y]] [[x$<COMMA>$<IF:$<BOOL:1>,a,b>$<COMMA>y]])
expect(genex_escape [[$5,]] [[$5$<COMMA>]])
