// SPDX-License-Identifier: MIT
#include <doctest/doctest.h>

#include <string>

#include "check/report.h"
#include "check/runner.h"

TEST_CASE("the reference plugins keep all promises, and nothing of theirs is left untried") {
    for (const std::string name : {"mirror", "mirror_batch", "moving_avg", "outliers", "set_field", "default"}) {
        check::Request request;
        request.file = PLUGINS_DIR "/" + name + ".so";
        request.program = UDF_HOST;
        const check::Report report = check::run(request);
        CHECK_MESSAGE(report.count(check::Status::pass) == report.results.size(), check::text_of(report));
        CHECK(report.good());
    }
}
