# How weir's own targets are compiled: warnings, hardening, sanitizers. Not exported to plugin authors.

# Instrumented code makes GCC 12 see null dereferences and uninitialised values that are not there. Decided here and not
# in a generator expression, which the comma in "address,undefined" would break.
set(weir_guessing_warnings -Wnull-dereference)
if(WEIR_SANITIZE)
  set(weir_guessing_warnings -Wno-maybe-uninitialized)
endif()

add_library(weir_compile INTERFACE)
target_compile_options(weir_compile INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion
  ${weir_guessing_warnings}
  $<$<COMPILE_LANGUAGE:CXX>:-Wold-style-cast -Wnon-virtual-dtor -Woverloaded-virtual>
  $<$<CXX_COMPILER_ID:GNU>:-Wduplicated-cond -Wlogical-op>
  $<$<BOOL:${WEIR_WERROR}>:-Werror>
  -fstack-protector-strong -fno-omit-frame-pointer)
target_compile_definitions(weir_compile INTERFACE _GLIBCXX_ASSERTIONS)
if(NOT WEIR_SANITIZE)
  target_compile_definitions(weir_compile INTERFACE $<$<CONFIG:Release,RelWithDebInfo>:_FORTIFY_SOURCE=2>)
endif()
target_link_options(weir_compile INTERFACE -Wl,-z,relro -Wl,-z,now)
target_include_directories(weir_compile INTERFACE ${PROJECT_SOURCE_DIR})

if(WEIR_SANITIZE)
  # Host and plugins both or neither: a sanitized plugin does not load into a plain host.
  add_compile_options(-fsanitize=${WEIR_SANITIZE} -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${WEIR_SANITIZE})
endif()

# weir_library(name SOURCES ... [LINKS ...]): one runtime/<folder>.
function(weir_library name)
  cmake_parse_arguments(arg "" "" "SOURCES;LINKS;PRIVATE_LINKS" ${ARGN})
  add_library(${name} STATIC ${arg_SOURCES})
  target_link_libraries(${name} PUBLIC ${arg_LINKS} PRIVATE weir_compile ${arg_PRIVATE_LINKS})
  target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR})
endfunction()

# Builds what `ctest -L in_process` runs: the programs, and the plugins that they load.
add_custom_target(in_process_tests)

# weir_test(name SOURCES ... [LINKS ...] [LABELS ...] [TIMEOUT seconds]): one GoogleTest program, one ctest entry per
# program (entries per case would start hundreds of processes). The working directory is the source tree's root.
function(weir_test name)
  cmake_parse_arguments(arg "" "TIMEOUT" "SOURCES;LINKS;LABELS;ENVIRONMENT;ARGS" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  # The tests themselves need no speed, only what they test; it halves the time to compile them.
  target_compile_options(${name} PRIVATE -O0)
  target_link_libraries(${name} PRIVATE weir_compile ${arg_LINKS} GTest::gtest GTest::gmock GTest::gtest_main)
  add_test(NAME ${name} COMMAND ${name} --gtest_brief=1 ${arg_ARGS} WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 120)
  endif()
  set_tests_properties(${name} PROPERTIES TIMEOUT ${arg_TIMEOUT} LABELS "${arg_LABELS};in_process"
    ENVIRONMENT "${arg_ENVIRONMENT}")
  add_dependencies(in_process_tests ${name})
endfunction()
