# Everything weir is built from comes from Debian 12; `./dev setup` installs it. Nothing is fetched here.

find_package(Threads REQUIRED)
find_package(Boost 1.81 EXACT REQUIRED)          # headers: Asio, Beast, DLL
find_package(OpenSSL 3.0 REQUIRED)
find_package(SQLite3 3.40 REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(simdjson REQUIRED)
find_package(prometheus-cpp REQUIRED)             # core only: the text format of /metrics
find_package(PkgConfig REQUIRED)
pkg_check_modules(ZeroMQ REQUIRED IMPORTED_TARGET libzmq)   # cppzmq is a header beside it
if(WEIR_TESTS)
  find_package(GTest REQUIRED)
endif()

# Header-only packages that ship no usable target of their own. SYSTEM: their warnings are not ours.
foreach(pair "nlohmann/json.hpp:weir_json" "valijson/validator.hpp:weir_valijson" "CLI/CLI.hpp:weir_cli11"
    "xxhash.h:weir_xxhash")
  string(REPLACE ":" ";" parts ${pair})
  list(GET parts 0 header)
  list(GET parts 1 target)
  find_path(${target}_include ${header} REQUIRED)
  add_library(${target} INTERFACE)
  target_include_directories(${target} SYSTEM INTERFACE ${${target}_include})
endforeach()

# Its CMake and pkg-config files are missing or say no version.
find_path(weir_re2_include re2/re2.h REQUIRED)
find_library(weir_re2_library re2 REQUIRED)
add_library(weir_re2 INTERFACE)
target_include_directories(weir_re2 SYSTEM INTERFACE ${weir_re2_include})
target_link_libraries(weir_re2 INTERFACE ${weir_re2_library})

add_library(weir_boost INTERFACE)
target_include_directories(weir_boost SYSTEM INTERFACE ${Boost_INCLUDE_DIRS})
target_compile_definitions(weir_boost INTERFACE BOOST_DLL_USE_STD_FS BOOST_ERROR_CODE_HEADER_ONLY
  BOOST_ASIO_NO_DEPRECATED BOOST_BEAST_USE_STD_STRING_VIEW)
target_link_libraries(weir_boost INTERFACE Threads::Threads ${CMAKE_DL_LIBS})
