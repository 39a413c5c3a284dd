# SPDX-License-Identifier: GPL-3.0-or-later
# Everything that Feedline links. The Debian packages are in packaging/packages.txt.

# feedline_library(NAME HEADER <file> [LIBRARY <name>...] [SUBDIR <include sub-directory>])
# Imported target feedline::NAME for a library that ships no CMake package.
function(feedline_library name)
  cmake_parse_arguments(arg "" "HEADER;SUBDIR" "LIBRARY" ${ARGN})
  find_path(FEEDLINE_${name}_INCLUDE "${arg_HEADER}" PATH_SUFFIXES ${arg_SUBDIR} REQUIRED)
  add_library(feedline::${name} INTERFACE IMPORTED GLOBAL)
  target_include_directories(feedline::${name} SYSTEM INTERFACE "${FEEDLINE_${name}_INCLUDE}")
  foreach(library IN LISTS arg_LIBRARY)
    find_library(FEEDLINE_${library}_LIBRARY ${library} REQUIRED)
    target_link_libraries(feedline::${name} INTERFACE "${FEEDLINE_${library}_LIBRARY}")
  endforeach()
endfunction()

set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)
find_package(ZLIB REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(JPEG REQUIRED)
find_package(PNG REQUIRED)
find_package(GIF 5.1 REQUIRED)
find_package(TIFF 4.5 REQUIRED)  # since then handles have limits and messages of their own
find_package(ICU REQUIRED COMPONENTS uc i18n)
find_package(fmt REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(tl-expected REQUIRED)
find_package(CLI11 REQUIRED)
feedline_library(webp HEADER webp/decode.h LIBRARY webp)
feedline_library(heif HEADER libheif/heif.h LIBRARY heif)
feedline_library(sentencepiece HEADER sentencepiece_trainer.h LIBRARY sentencepiece_train sentencepiece)
feedline_library(xxhash HEADER xxhash.h)  # all of it is in the header

# Partial decoding is libjpeg-turbo's, not in the original libjpeg.
file(STRINGS "${JPEG_INCLUDE_DIR}/jpeglib.h" has_crop REGEX "jpeg_crop_scanline")
if(NOT has_crop)
  message(FATAL_ERROR "${JPEG_INCLUDE_DIR}/jpeglib.h is not libjpeg-turbo's; install libjpeg62-turbo-dev.")
endif()

include(LibTorch)

# Only core and imgproc. Debian's OpenCVConfig.cmake comes with all of OpenCV
# (libopencv-dev, over 1 GB), so headers and libraries are found without it.
find_package(OpenCV QUIET COMPONENTS core imgproc)
if(OpenCV_FOUND)
  add_library(feedline::opencv INTERFACE IMPORTED GLOBAL)
  target_include_directories(feedline::opencv SYSTEM INTERFACE ${OpenCV_INCLUDE_DIRS})
  target_link_libraries(feedline::opencv INTERFACE opencv_core opencv_imgproc)
else()
  feedline_library(opencv HEADER opencv2/imgproc.hpp SUBDIR opencv4
                   LIBRARY opencv_core opencv_imgproc)
endif()

if(FEEDLINE_GUI)
  find_package(Qt6 6.4 QUIET COMPONENTS Widgets PrintSupport Svg DBus)
  find_package(QCustomPlotQt6 QUIET)
  if(NOT Qt6PrintSupport_FOUND OR NOT Qt6Svg_FOUND OR NOT Qt6DBus_FOUND OR NOT QCustomPlotQt6_FOUND)
    message(FATAL_ERROR "The window needs Qt 6.4 Widgets and Svg, and QCustomPlot (Debian: qt6-base-dev, qt6-svg-dev, "
            "libqcustomplot-dev). Without them: cmake -DFEEDLINE_GUI=OFF builds library and command line.")
  endif()
endif()
if(BUILD_TESTING)
  find_package(Qt6 6.4 QUIET COMPONENTS Test)
  feedline_library(archive HEADER archive.h LIBRARY archive)  # writes archives that the tests read
endif()
