// SPDX-License-Identifier: MIT
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <exception>

#include "cli/agent.h"
#include "cli/info.h"
#include "cli/list.h"
#include "cli/run.h"

namespace {

constexpr const char* kExamples = R"(
Examples:
  udf-host list                              what can be run here
  udf-host info moving_avg                   its options, and a TICKscript to start from
  udf-host run --plugin moving_avg --option field=usage_idle --option size=10 < cpu.lp
                                             try it on line protocol, without Kapacitor
In kapacitor.conf:
  [udf.functions.moving_avg]
    prog = "/usr/bin/udf-host"
    args = ["--plugin", "moving_avg"]
    timeout = "10s"
or, with `udf-host --plugin moving_avg --socket /run/moving_avg.sock` running:
    socket = "/run/moving_avg.sock"
    timeout = "10s"
)";

}  // namespace

int main(int argc, char** argv) {
    // Everything for people goes to stderr: Kapacitor copies it to its log, line by line.
    spdlog::set_default_logger(spdlog::stderr_logger_mt("udf-host"));
    spdlog::set_pattern("udf-host: %l: %v");
    std::signal(SIGPIPE, SIG_IGN);

    CLI::App app("Runs Kapacitor user-defined functions written as small plugins.", "udf-host");
    app.set_version_flag("--version", "udf-host " UDF_HOST_VERSION);
    app.footer(kExamples);
    std::string level = "info";
    app.add_option("--log-level", level, "The least that is logged: debug, info, warning, error")
        ->type_name("LEVEL")
        ->capture_default_str()
        ->check(CLI::IsMember({"debug", "info", "warning", "error"}));
    app.parse_complete_callback([&] { spdlog::set_level(spdlog::level::from_str(level)); });
    cli::add_agent(app);
    cli::add_list(app);
    cli::add_info(app);
    cli::add_run(app);
    try {
        app.parse(argc, argv);
    } catch (const CLI::RuntimeError& e) {
        return e.get_exit_code();
    } catch (const CLI::ParseError& e) {
        return app.exit(e) == 0 ? 0 : 2;
    } catch (const std::exception& e) {
        spdlog::error("{}", e.what());
        return 1;
    }
    return 0;
}
