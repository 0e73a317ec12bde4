# Reading the headers of others takes half of a compiler's time: each target reads them once. None of ours is among them, so a change
# of ours never compiles everything anew. A file still includes what it uses: tools/lint builds without (CMAKE_DISABLE_PRECOMPILE_HEADERS).
function(holdfast_precompile NAME)
  target_precompile_headers(${NAME} PRIVATE <algorithm> <atomic> <chrono> <condition_variable> <filesystem> <fstream> <functional>
                            <iostream> <map> <memory> <mutex> <optional> <set> <sstream> <string> <thread> <variant> <vector>
                            <tl/expected.hpp> <nlohmann/json.hpp> ${ARGN})
endfunction()

# holdfast_library(NAME DIRS dir... [LINK lib...])
# A static library of all .cc files below the given folders, without main.cc. A new file needs no change here.
function(holdfast_library NAME)
  cmake_parse_arguments(ARG "" "" "DIRS;EXCLUDE;LINK" ${ARGN})
  set(sources)
  foreach(dir ${ARG_DIRS})
    file(GLOB found CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${dir}/*.cc)
    list(APPEND sources ${found})
  endforeach()
  list(FILTER sources EXCLUDE REGEX "/main\\.cc$")
  if(sources)
    add_library(${NAME} STATIC ${sources})
    set(scope PUBLIC)
    holdfast_precompile(${NAME})
  else()
    add_library(${NAME} INTERFACE)
    set(scope INTERFACE)
  endif()
  target_include_directories(${NAME} ${scope} ${CMAKE_SOURCE_DIR})
  target_link_libraries(${NAME} ${scope} ${ARG_LINK})
endfunction()

# holdfast_program(NAME DIR dir [LINK lib...]): all .cc files of one folder, or only its main.cc with MAIN_ONLY.
function(holdfast_program NAME)
  cmake_parse_arguments(ARG "MAIN_ONLY" "DIR" "LINK" ${ARGN})
  if(ARG_MAIN_ONLY)
    set(sources ${CMAKE_SOURCE_DIR}/${ARG_DIR}/main.cc)
  else()
    file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${ARG_DIR}/*.cc)
  endif()
  if(NOT EXISTS ${CMAKE_SOURCE_DIR}/${ARG_DIR}/main.cc)
    return()
  endif()
  add_executable(${NAME} ${sources})
  target_include_directories(${NAME} PRIVATE ${CMAKE_SOURCE_DIR})
  target_link_libraries(${NAME} PRIVATE ${ARG_LINK} Boost::program_options Threads::Threads)
endfunction()

# holdfast_test(NAME DIRS dir... [LINK lib...]): one GoogleTest program of all *_test.cc below the folders; each test is
# a CTest case of its own.
function(holdfast_test NAME)
  cmake_parse_arguments(ARG "" "" "DIRS;LINK" ${ARGN})
  set(sources)
  foreach(dir ${ARG_DIRS})
    file(GLOB found CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${dir}/*.cc)
    list(APPEND sources ${found})
  endforeach()
  if(NOT sources)
    return()
  endif()
  add_executable(${NAME} ${sources})
  target_include_directories(${NAME} PRIVATE ${CMAKE_SOURCE_DIR})
  target_link_libraries(${NAME} PRIVATE ${ARG_LINK} holdfast_testing GTest::gmock GTest::gtest GTest::gtest_main
                        Threads::Threads)
  holdfast_precompile(${NAME} <gtest/gtest.h> <gmock/gmock.h>)
  target_compile_definitions(${NAME} PRIVATE HOLDFAST_SOURCE_DIR="${CMAKE_SOURCE_DIR}"
                             HOLDFAST_BINARY_DIR="${CMAKE_RUNTIME_OUTPUT_DIRECTORY}")
  include(GoogleTest)
  gtest_discover_tests(${NAME} PROPERTIES TIMEOUT 300 DISCOVERY_TIMEOUT 60)
endfunction()
