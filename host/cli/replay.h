// SPDX-License-Identifier: MIT
//
// `udf-host replay`: gives a function again what it got when it was recorded, and says whether it answers the same.
#pragma once

namespace CLI {
class App;
}

namespace cli {

void add_replay(CLI::App& app);

}  // namespace cli
