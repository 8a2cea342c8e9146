// SPDX-License-Identifier: MIT
//
// What is to be drawn: panels one below the other over the same time, with a line a group. The model between those who
// gather values (client/plot_data.h) and those who draw (plot/draw.h). It owns all that is in it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace plot {

// Sixteen bytes, as there may be millions. A value that is no finite number breaks its line.
struct Sample {
    int64_t time;  // ns since the Unix epoch
    double value;
    bool operator==(const Sample&) const = default;
};

enum class Look {
    thin,    // in the background: what came in, below what came out
    plain,   // on its own
    strong,  // what came out
};

struct Line {
    size_t group = 0;  // an index into Chart::groups
    Look look = Look::plain;
    size_t dash = 0;  // 0 is a solid line
    std::string name;
    std::vector<Sample> samples = {};  // by time
};

// Rings around samples of a group's line.
struct Marks {
    size_t group = 0;
    std::vector<Sample> samples = {};
};

// A sort of line or mark, as the panel's legend has it.
struct Key {
    enum Kind { line, ring } kind = line;
    Look look = Look::plain;
    size_t dash = 0;
    std::string text = {};
};

struct Panel {
    std::string title;
    std::vector<Key> keys = {};
    std::vector<Line> lines = {};
    std::vector<Marks> marks = {};
};

struct Chart {
    std::string title, options;       // the algorithm, and how it was set
    std::vector<std::string> facts;   // what else there is to know, in a few words each
    std::vector<std::string> groups;  // their names
    std::vector<Panel> panels;
    std::vector<std::string> notes;  // whole sentences, below the panels
};

}  // namespace plot
