// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include "support/fake_host.h"

using namespace fake;

static const Record kRich{.time = -5,
                          .fields = {{"d", 1.5}, {"i", 2}, {"b", true}, {"s", "text"}, {"empty", ""}},
                          .tags = {{"host", "a"}, {"region", ""}},
                          .dimensions = {"region", "host"},
                          .group = "cpu\nregion=,host=a",
                          .name = "cpu",
                          .database = "telegraf",
                          .retention_policy = "autogen",
                          .by_name = true};

TEST_CASE("mirror emits every point of a run unchanged in one call") {
    Handler mirror(load(PLUGINS_DIR "/mirror.so"), {});
    const std::vector<Record> run{kRich, {.time = 1, .fields = {{"v", 1}}}, {}};
    mirror.points(run);
    CHECK(mirror.emitted == run);
    CHECK(mirror.unchanged == 3);
    CHECK(mirror.emit_calls == 1);
    mirror.stop();
}

TEST_CASE("mirror ends quietly when the stream has ended") {
    Handler mirror(load(PLUGINS_DIR "/mirror.so"), {});
    mirror.closed = true;
    mirror.points({kRich});
    CHECK(mirror.failure.empty());
}
