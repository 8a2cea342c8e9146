// SPDX-License-Identifier: MIT
//
// `udf-host dump`: prints what has been recorded, as line protocol or JSON.
#pragma once

namespace CLI {
class App;
}

namespace cli {

void add_dump(CLI::App& app);

}  // namespace cli
