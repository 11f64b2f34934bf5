# weir_add_plugin(<name> MANIFEST plugin.json SOURCES ... [LINKS ...])
#
# Builds <name>.so, a weir plugin: one exported symbol, the manifest inside the file. Two targets come of it:
#   <name>          the MODULE library; in ${WEIR_PLUGIN_OUTPUT_DIRECTORY} when that is set
#   <name>_objects  its object files, for a unit test that calls the components without loading the library
# plugin.json is the only place that knows the plugin's id and version; the sources get them as WEIR_PLUGIN_ID and
# WEIR_PLUGIN_VERSION. The global property WEIR_PLUGINS lists "<name>=<manifest>" of every plugin so added.

set(WEIR_ADD_PLUGIN_DIR ${CMAKE_CURRENT_LIST_DIR})

function(weir_add_plugin name)
  cmake_parse_arguments(arg "" "MANIFEST" "SOURCES;LINKS" ${ARGN})
  if(arg_UNPARSED_ARGUMENTS OR NOT arg_MANIFEST OR NOT arg_SOURCES)
    message(FATAL_ERROR "weir_add_plugin(${name}): expected MANIFEST <file> SOURCES <files> [LINKS <targets>]")
  endif()
  get_filename_component(manifest ${arg_MANIFEST} ABSOLUTE)
  _weir_manifest_value(id ${manifest} id)
  _weir_manifest_value(version ${manifest} version)
  _weir_manifest_value(min_host_minor ${manifest} abi min_host_minor)
  if(NOT min_host_minor)
    set(min_host_minor 0)
  endif()

  if(NOT id OR NOT version)
    message(FATAL_ERROR "${manifest}: expected the keys \"id\" and \"version\"")
  endif()

  weir_manifest_note(note ${name} ${manifest})
  add_library(${name}_objects OBJECT ${arg_SOURCES} ${note})
  target_link_libraries(${name}_objects PUBLIC weir::sdk ${arg_LINKS})
  target_compile_definitions(${name}_objects PRIVATE WEIR_PLUGIN_ID="${id}" WEIR_PLUGIN_VERSION="${version}"
    WEIR_PLUGIN_MIN_HOST_MINOR=${min_host_minor})
  if(TARGET weir_compile)
    target_link_libraries(${name}_objects PRIVATE weir_compile)
  endif()
  # Hidden, and never STB_GNU_UNIQUE: two plugins with the same inline static must not share it.
  set_target_properties(${name}_objects PROPERTIES POSITION_INDEPENDENT_CODE ON
    C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
  target_compile_options(${name}_objects PRIVATE $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-fno-gnu-unique>)

  add_library(${name} MODULE)
  target_link_libraries(${name} PRIVATE ${name}_objects)
  weir_plugin_link_options(${name})
  set_property(GLOBAL APPEND PROPERTY WEIR_PLUGINS "${name}=${manifest}")
endfunction()

# weir_manifest_note(<variable> <name> <manifest>): sets the variable to a generated source file that puts the manifest
# into an ELF note, so that the host reads it without running any plugin code.
function(weir_manifest_note out name manifest)
  set(note ${CMAKE_CURRENT_BINARY_DIR}/${name}_manifest.cpp)
  configure_file(${WEIR_ADD_PLUGIN_DIR}/manifest_note.cpp.in ${note} @ONLY)
  set_source_files_properties(${note} PROPERTIES OBJECT_DEPENDS ${manifest})
  set(${out} ${note} PARENT_SCOPE)
endfunction()

# weir_plugin_link_options(<target>): what every plugin library is linked with, in whatever language it is written.
function(weir_plugin_link_options target)
  set(exports ${WEIR_ADD_PLUGIN_DIR}/plugin.map)
  # nodelete: code of a plugin may still be reached after the last destroy (thread-exit destructors).
  target_link_options(${target} PRIVATE -Wl,--version-script=${exports} -Wl,--exclude-libs,ALL -Wl,--as-needed
    -Wl,-z,now -Wl,-z,relro -Wl,-z,nodelete -Wl,-z,noexecstack -Wl,--build-id=sha1)
  # Clang leaves the sanitizer's symbols to the executable.
  if(NOT (CMAKE_CXX_COMPILER_ID MATCHES "Clang" AND WEIR_SANITIZE))
    target_link_options(${target} PRIVATE -Wl,-z,defs)
  endif()
  set_target_properties(${target} PROPERTIES PREFIX "" SUFFIX ".so" LINKER_LANGUAGE CXX LINK_DEPENDS ${exports})
  if(WEIR_PLUGIN_OUTPUT_DIRECTORY)
    set_target_properties(${target} PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${WEIR_PLUGIN_OUTPUT_DIRECTORY})
  endif()
endfunction()

# Sets ${out} to a member of the manifest, empty when there is none; a changed manifest configures again.
function(_weir_manifest_value out manifest)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${manifest})
  file(READ ${manifest} text)
  string(JSON value ERROR_VARIABLE error GET "${text}" ${ARGN})
  if(error)
    set(value "")
  endif()
  set(${out} "${value}" PARENT_SCOPE)
endfunction()
