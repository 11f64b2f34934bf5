# Installs the SDK into an empty directory and builds a plugin against it, as somebody who has only the package would:
# configure, build, run the plugin's own test, look at the library. Run by ctest.
file(REMOVE_RECURSE ${WORK})

function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "${ARGN}: ${result}\n${output}")
  endif()
endfunction()

run(${CMAKE_COMMAND} --install ${BUILD} --component sdk --prefix ${WORK}/prefix)
# A copy: nothing of the source tree may be found by accident.
file(COPY ${CONSUMER}/ DESTINATION ${WORK}/plugin)
run(${CMAKE_COMMAND} -S ${WORK}/plugin -B ${WORK}/build -G Ninja -D CMAKE_PREFIX_PATH=${WORK}/prefix
  -D CMAKE_CXX_COMPILER=${COMPILER} -D CMAKE_CXX_COMPILER_LAUNCHER=${LAUNCHER} -D CMAKE_BUILD_TYPE=Debug)
run(${CMAKE_COMMAND} --build ${WORK}/build -j 2)
run(${CMAKE_CTEST_COMMAND} --test-dir ${WORK}/build --output-on-failure --no-tests=error)
run(${PYTHON} ${CHECK} ${WORK}/build/usage_to_entry.so=${WORK}/plugin/plugin.json)

# A changed manifest must reach the library without anybody cleaning up.
file(READ ${WORK}/plugin/plugin.json manifest)
string(REPLACE "\"version\": \"1.0.0\"" "\"version\": \"1.0.1\"" manifest "${manifest}")
file(WRITE ${WORK}/plugin/plugin.json "${manifest}")
run(${CMAKE_COMMAND} --build ${WORK}/build -j 2)
run(${PYTHON} ${CHECK} ${WORK}/build/usage_to_entry.so=${WORK}/plugin/plugin.json)
