// SPDX-License-Identifier: MIT
//
// `udf-host supervise -- COMMAND` and `udf-host supervise --connect ENDPOINT`: supervision and the
// output guard for functions that were written with other agents.
#pragma once

namespace CLI {
class App;
}

namespace cli {

void add_supervise(CLI::App& app);

}  // namespace cli
