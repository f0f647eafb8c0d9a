# slipway_dependencies: the libraries of the tool, found on the system, each
# with what to install when it is missing.
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
include(CheckCXXSourceCompiles)

function(_slipway_dependency name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "OPTIONAL;LOADED_LATE" "PACKAGE" "MODULES")
  pkg_check_modules(${name} QUIET IMPORTED_TARGET ${arg_MODULES})
  if(${name}_FOUND AND arg_LOADED_LATE)
    # Its headers alone: the tool loads the library when it needs it.
    target_include_directories(slipway_dependencies SYSTEM INTERFACE ${${name}_INCLUDE_DIRS})
  elseif(${name}_FOUND)
    target_link_libraries(slipway_dependencies INTERFACE PkgConfig::${name})
  elseif(NOT arg_OPTIONAL)
    message(FATAL_ERROR "Slipway's tool needs ${arg_MODULES}: install ${arg_PACKAGE} (Debian's name).")
  endif()
  set(${name}_FOUND "${${name}_FOUND}" PARENT_SCOPE)
endfunction()

# libarchive as a part of the program, where there is a static one. The shared one
# brings libxml2, ICU and Nettle for formats that are not used here into each
# process, and a build has many short ones: a quarter of their time. What needs
# those libraries is never referenced, and so left out by --gc-sections.
function(_slipway_embed_libarchive)
  find_library(SLIPWAY_LIBARCHIVE_STATIC libarchive.a)
  mark_as_advanced(SLIPWAY_LIBARCHIVE_STATIC)
  if(NOT SLIPWAY_LIBARCHIVE_STATIC)
    return()
  endif()
  set(CMAKE_REQUIRED_QUIET TRUE)
  set(CMAKE_REQUIRED_LIBRARIES "${SLIPWAY_LIBARCHIVE_STATIC}" lzma bz2 PkgConfig::SLIPWAY_ZSTD PkgConfig::SLIPWAY_ZLIB)
  set(CMAKE_REQUIRED_LINK_OPTIONS LINKER:--gc-sections)
  check_cxx_source_compiles(
    "#include <archive.h>
     #if ARCHIVE_VERSION_NUMBER < 3006000
     #error too old
     #endif
     int main() {
       archive* reader = archive_read_new();
       archive* writer = archive_write_new();
       return archive_read_support_format_tar(reader) + archive_read_support_filter_xz(reader) +
              archive_read_support_filter_bzip2(reader) + archive_read_support_filter_zstd(reader) +
              archive_write_set_format_pax_restricted(writer);
     }"
    SLIPWAY_CAN_EMBED_LIBARCHIVE)
  if(SLIPWAY_CAN_EMBED_LIBARCHIVE)
    target_link_libraries(slipway_dependencies INTERFACE "${SLIPWAY_LIBARCHIVE_STATIC}" lzma bz2)
    target_link_options(slipway_dependencies INTERFACE LINKER:--gc-sections)
  endif()
endfunction()

add_library(slipway_dependencies INTERFACE)
target_link_libraries(slipway_dependencies INTERFACE Threads::Threads ${CMAKE_DL_LIBS})
_slipway_dependency(SLIPWAY_FMT MODULES fmt>=9 PACKAGE libfmt-dev)
_slipway_dependency(SLIPWAY_CRYPTO MODULES libcrypto>=3.0 PACKAGE libssl-dev)
_slipway_dependency(SLIPWAY_ZSTD MODULES libzstd>=1.5 PACKAGE libzstd-dev)
_slipway_dependency(SLIPWAY_ZLIB MODULES zlib>=1.2.11 PACKAGE zlib1g-dev)
_slipway_embed_libarchive()
if(NOT SLIPWAY_CAN_EMBED_LIBARCHIVE)
  _slipway_dependency(SLIPWAY_ARCHIVE MODULES libarchive>=3.6 PACKAGE libarchive-dev)
endif()
_slipway_dependency(SLIPWAY_ELF MODULES libelf>=0.180 PACKAGE libelf-dev)
_slipway_dependency(SLIPWAY_CURL MODULES libcurl>=7.85 PACKAGE libcurl4-openssl-dev LOADED_LATE)
_slipway_dependency(SLIPWAY_SECCOMP MODULES libseccomp>=2.5 PACKAGE libseccomp-dev)
_slipway_dependency(SLIPWAY_JSON MODULES nlohmann_json>=3.11 PACKAGE nlohmann-json3-dev)
# The gzip bytes of a layer depend on the deflate implementation, so where
# ISA-L exists it is required, not a matter of what happens to be installed.
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64|aarch64)$")
  _slipway_dependency(SLIPWAY_ISAL MODULES libisal>=2.30 PACKAGE libisal-dev)
  target_compile_definitions(slipway_dependencies INTERFACE SLIPWAY_HAVE_ISAL)
endif()
# CLI11 is header only; a dependency of the same kind as the rest.
find_path(SLIPWAY_CLI11_INCLUDE CLI/CLI.hpp)
if(NOT SLIPWAY_CLI11_INCLUDE)
  message(FATAL_ERROR "Slipway's tool needs CLI11: install libcli11-dev (Debian's name).")
endif()
target_include_directories(slipway_dependencies SYSTEM INTERFACE ${SLIPWAY_CLI11_INCLUDE})
