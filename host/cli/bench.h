// SPDX-License-Identifier: MIT
//
// `udf-host bench`: how fast a function is, beside `cat` and whatever else is named.
#pragma once

namespace CLI {
class App;
}

namespace cli {

void add_bench(CLI::App& app);

}  // namespace cli
