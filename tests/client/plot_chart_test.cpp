// SPDX-License-Identifier: MIT
#include "client/plot_chart.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "client/points.h"

using namespace client;
using plot::Look;
using plot::Sample;

namespace {

// A run of what goes in, and of what comes out: values of a field at 0, 1, 2 ...
class Recorded {
public:
    Recorded& in(const std::string& field, const std::vector<double>& values, const std::string& group = "g") {
        each(field, values, group, [this](const pb::Point& made) {
            pb::Request request;
            *request.mutable_point() = made;
            data_.sent(request);
        });
        return *this;
    }
    Recorded& out(const std::string& field, const std::vector<double>& values, const std::string& group = "g",
                  int64_t begin = 0) {
        each(
            field, values, group,
            [this](const pb::Point& made) {
                pb::Response response;
                *response.mutable_point() = made;
                data_.received(response);
            },
            begin);
        return *this;
    }
    plot::Chart chart(bool ended_early = false) {
        return make_chart(std::move(data_), {.title = "mine", .options = "a=1", .ended_early = ended_early});
    }

private:
    template <typename Take>
    static void each(const std::string& field, const std::vector<double>& values, const std::string& group, Take take,
                     int64_t time = 0) {
        for (const double value : values) {
            pb::Point made;
            made.set_time(time++);
            made.set_group(group);
            (*made.mutable_fieldsdouble())[field] = value;
            take(made);
        }
    }
    PlotData data_{{}, {}};
};

std::vector<Look> looks(const plot::Panel& panel) {
    std::vector<Look> all;
    for (const plot::Line& line : panel.lines) all.push_back(line.look);
    return all;
}

}  // namespace

TEST_CASE("input that is passed on while other input is not is marked exactly") {
    const plot::Chart chart = Recorded().in("v", {1, 9, 2, 8}).in("v", {5, 5}, "h").out("v", {9}, "g", 1).chart();
    REQUIRE(chart.panels.size() == 1);
    const plot::Panel& panel = chart.panels[0];
    CHECK(looks(panel) == std::vector<Look>{Look::plain, Look::plain});
    REQUIRE(panel.marks.size() == 1);
    CHECK(panel.marks[0].group == 0);
    CHECK(panel.marks[0].samples == std::vector<Sample>{{1, 9}});
    CHECK(panel.keys.back().text == "passed on (1 of 6)");
}

TEST_CASE("windows that overlap do not make a point two") {
    const plot::Chart chart =
        Recorded().in("v", {1, 9, 2}).in("v", {1, 9, 2}).out("v", {9}, "g", 1).out("v", {9}, "g", 1).chart();
    CHECK(chart.panels[0].lines[0].samples == std::vector<Sample>{{0, 1}, {1, 9}, {2, 2}});
    CHECK(chart.panels[0].marks[0].samples.size() == 1);
}

TEST_CASE("the value of another time or another group is not passed on") {
    CHECK(Recorded().in("v", {1, 9, 2}).out("v", {9}, "g", 2).chart().panels[0].marks.empty());
    CHECK(Recorded().in("v", {1, 9, 2}).in("v", {0}, "h").out("v", {9}, "h", 1).chart().panels[0].marks.empty());
}

TEST_CASE("all input that is passed on is one line") {
    const plot::Chart chart = Recorded().in("v", {1, 2}).out("v", {1, 2}).chart();
    CHECK(looks(chart.panels[0]) == std::vector<Look>{Look::plain});
    CHECK(chart.panels[0].keys[0].text == "input and output, the same");
}

TEST_CASE("output that is missing because the run ended early is not left out by the algorithm") {
    const plot::Chart all = Recorded().in("v", {1, 2, 3}).out("v", {1, 2}).chart(true);
    CHECK(all.panels[0].marks.empty());
    CHECK(all.notes == std::vector<std::string>{"The run ended before its input had ended."});
    CHECK(Recorded().in("v", {1, 2, 3}).out("v", {2}, "g", 1).chart(true).panels[0].marks.size() == 1);
}

TEST_CASE("output on the scale of the only input lies above it") {
    const plot::Chart chart = Recorded().in("v", {0, 10, 0}).out("avg", {0, 5, 4}).chart();
    REQUIRE(chart.panels.size() == 1);
    CHECK(looks(chart.panels[0]) == std::vector<Look>{Look::thin, Look::strong});
    CHECK(chart.panels[0].lines[1].name == "avg, output");
}

TEST_CASE("output on another scale has a panel of its own") {
    for (const double scale : {100.0, 0.001}) {
        const plot::Chart chart = Recorded().in("v", {0, 10, 0}).out("w", {0, 5 * scale, scale}).chart();
        REQUIRE(chart.panels.size() == 2);
        CHECK(looks(chart.panels[0]) == std::vector<Look>{Look::plain});
        CHECK(chart.panels[1].title == "w");
        CHECK(looks(chart.panels[1]) == std::vector<Look>{Look::strong});
    }
    CHECK(Recorded().in("v", {0, 10, 0}).out("v", {900, 950}).chart().panels.size() == 2);
}

TEST_CASE("output is sorted by time") {
    const plot::Chart chart = Recorded().in("v", {0, 10, 7}).out("v", {3}, "g", 9).out("v", {4}, "g", 2).chart();
    CHECK(chart.panels[0].lines[1].samples == std::vector<Sample>{{2, 4}, {9, 3}});
}

TEST_CASE("a run without output and one without groups are noted") {
    CHECK(Recorded().in("v", {1, 2}).chart().notes == std::vector<std::string>{"Nothing came out of the algorithm."});
    const plot::Chart mixed = Recorded().in("v", {1, 2}).in("v", {3, 4}).out("v", {1}).chart();
    REQUIRE(mixed.notes.size() == 1);
    CHECK(mixed.notes[0].find("--group-by") != std::string::npos);
}

TEST_CASE("a run of nothing is a chart of nothing") { CHECK(Recorded().chart().panels.empty()); }
