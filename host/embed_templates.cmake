# cmake -D ROOT=DIR -D OUTPUT=FILE -P embed_templates.cmake FILE...: writes the source of cli::templates(), which has the
# text of each FILE. These are paths under ROOT and begin with the language: cpp/NAME.cpp.stream.
set(rows "")
set(is_file OFF)
foreach(i RANGE 1 ${CMAKE_ARGC})
  set(word "${CMAKE_ARGV${i}}")
  if(is_file AND word MATCHES "^([^/]+)/(.+)$")
    file(READ "${ROOT}/${word}" text)
    string(APPEND rows "{\"${CMAKE_MATCH_1}\", \"${CMAKE_MATCH_2}\", R\"embedded(${text})embedded\"},\n")
  elseif(word STREQUAL CMAKE_SCRIPT_MODE_FILE)
    set(is_file ON)
  endif()
endforeach()
file(WRITE "${OUTPUT}" "// Made by embed_templates.cmake of plugin-api/templates: edit the files there.
#include \"cli/templates.h\"

namespace cli {
namespace {

constexpr TemplateFile kFiles[] = {
${rows}};

}  // namespace

std::span<const TemplateFile> templates() { return kFiles; }

}  // namespace cli
")
