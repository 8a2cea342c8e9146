// SPDX-License-Identifier: MIT
//
// The projects that `udf-host new` makes: the files of plugin-api/templates/, which the build puts into udf-host
// (embed_templates.cmake), and how they become the files of an author.
//
// A language is a folder there. The file X.stream or X.batch is X of a project for that edge; all others are in
// both. NAME in a path is the name of the algorithm. In a text, these are replaced:
//
//   @NAME@      the name              @LANG_DIR@  where the wrapper of the language is installed
//   @CLASS@     the name as a type's  @GROUPING@  how `udf-host run` is to group test.lp for this edge
//
// The first ```sh block of README.md is what to do next in the folder: build, run, check. `new` prints it.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cli {

struct TemplateFile {
    std::string_view language, path, text;
};

// All there are, those of a language together.
std::span<const TemplateFile> templates();

// "cpp", "c" and so on, in the order of templates().
std::vector<std::string> template_languages();

struct Project {
    std::string name, language, edge;  // edge: stream or batch
    std::string language_directory;    // for @LANG_DIR@

    struct File {
        std::string path, text;
    };
    std::vector<File> files() const;

    // What @CLASS@ stands for: no word that the files of this language have in them.
    std::string class_name() const;

    // Whether a text of it has @LANG_DIR@.
    bool needs_language_directory() const;

    // The lines of what to do next, in the folder of the project.
    std::vector<std::string> next_steps() const;
};

// MovingAvg of moving_avg: a name for a type. Never empty, and never one that C has in capitals, as FILE.
std::string class_name(std::string_view name);

}  // namespace cli
