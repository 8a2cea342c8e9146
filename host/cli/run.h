// SPDX-License-Identifier: MIT
//
// `udf-host run`: tries a function without Kapacitor. Feeds it line protocol, or what killed
// it once, over its stdin as Kapacitor would, and prints what comes out.
#pragma once

namespace CLI {
class App;
}

namespace cli {

void add_run(CLI::App& app);

}  // namespace cli
