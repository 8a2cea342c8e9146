// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include "support/fake_host.h"

using namespace fake;

static const BatchRecord kFull{.points = {{.time = 2, .fields = {{"d", 1.5}, {"s", "text"}}, .tags = {{"host", "a"}}},
                                          {.time = 1, .fields = {{"v", 1}}}},
                               .tags = {{"host", "a"}},
                               .tmax = 10,
                               .group = "host=a",
                               .name = "cpu",
                               .by_name = true};

TEST_CASE("mirror_batch emits a batch unchanged with points or without") {
    Handler mirror(load(PLUGINS_DIR "/mirror_batch.so"), {});
    const BatchRecord empty{.tmax = 20, .group = "host=b", .name = "cpu"};
    mirror.batch(kFull);
    mirror.batch(empty);
    CHECK(mirror.batches == std::vector{kFull, empty});
    CHECK(mirror.unchanged == 2);
}

TEST_CASE("mirror_batch ends quietly when the stream has ended") {
    Handler mirror(load(PLUGINS_DIR "/mirror_batch.so"), {});
    mirror.closed = true;
    mirror.batch(kFull);
    CHECK(mirror.failure.empty());
}
