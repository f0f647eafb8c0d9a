# What images have to do with container_lock(). `name`, `plan_folder`, `tool` and
# arg_<KEYWORD> are the caller's.
include_guard(GLOBAL)

# Sets `lock_options`, words for `slipway plan`, and makes what updates the lock
# file for this image: `slipway lock` with the words given.
function(_slipway_lock_image)
  cmake_parse_arguments(PARSE_ARGV 0 lock "" "" "")  # keeps a `;` inside of a word
  set(lock_options "")
  if(TARGET container_lock_update)
    get_target_property(file container_lock_update SLIPWAY_LOCK_FILE)
    set(lock_options --lock "${file}")
    add_custom_target(
      "${name}_lock"
      COMMAND Slipway::slipway lock --lock "${file}" --platform "${arg_PLATFORM}" ${lock_UNPARSED_ARGUMENTS}
      COMMENT "Locking the bases of image ${name}"
      VERBATIM)
    set_target_properties("${name}_lock" PROPERTIES FOLDER containers)
    add_dependencies(container_lock_update "${name}_lock")
  endif()
  return(PROPAGATE lock_options)
endfunction()
