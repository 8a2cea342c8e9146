// SPDX-License-Identifier: MIT
//
// `--plot` of `udf-host run`: watches the run and makes a picture of it at its end. Nothing where there is no --plot.
// On the thread of the run.
#pragma once

#include <optional>
#include <vector>

#include "cli/run_options.h"
#include "client/plot_data.h"
#include "udf.pb.h"

namespace cli {

class RunPlot {
public:
    // Throws std::system_error where the file cannot be written.
    explicit RunPlot(const RunOptions& run);

    // Once the function knows its options, and before it has data. The drive outlives the last write.
    void begin(client::Drive& drive, const std::vector<client::pb::Option>& options);

    // Each writes the file, once; neither does before begin(). write() throws std::system_error; for a run that has
    // failed there is write_early(), which only logs that.
    void write();
    void write_early() noexcept;

private:
    void write(bool ended_early);

    const RunOptions& run_;
    client::Drive* drive_ = nullptr;
    std::optional<client::PlotData> data_;
};

}  // namespace cli
