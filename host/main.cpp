// SPDX-License-Identifier: MIT
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "cli/agent.h"
#include "cli/bench.h"
#include "cli/check.h"
#include "cli/check_config.h"
#include "cli/completion.h"
#include "cli/dump.h"
#include "cli/info.h"
#include "cli/kapacitor_config.h"
#include "cli/list.h"
#include "cli/log_level.h"
#include "cli/man_page.h"
#include "cli/new.h"
#include "cli/replay.h"
#include "cli/run.h"
#include "cli/serve.h"
#include "cli/status.h"
#include "cli/supervise.h"
#include "cli/survey.h"
#include "cli/toml_file.h"
#include "log/log.h"
#include "server/service_manager.h"
#include "text/near_name.h"

namespace {

// What is wrong with the command line, in one line. Words that CLI11 does not know get a near name.
std::string usage_problem(const CLI::App& app, const CLI::ParseError& error) {
    const std::vector<CLI::App*> chosen = app.get_subcommands();
    const CLI::App& command = chosen.empty() ? app : *chosen.front();
    const std::string see = fmt::format("; see udf-host {}--help", chosen.empty() ? "" : command.get_name() + " ");
    if (dynamic_cast<const CLI::ExtrasError*>(&error) == nullptr || command.remaining_size() == 0)
        return error.what() + see;

    const std::string word = command.remaining().front();
    const bool is_option = word.starts_with('-');
    const std::string unknown = is_option ? word.substr(0, word.find('=')) : word;
    std::vector<std::string> names;
    for (const CLI::App* subcommand : command.get_subcommands({}))
        if (!subcommand->get_group().empty()) names.push_back(subcommand->get_name());
    for (const CLI::Option* option : command.get_options())
        for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    const std::string near = text::did_you_mean(unknown, {names.begin(), names.end()});
    return fmt::format("unknown {} '{}'{}", is_option ? "option" : "argument", unknown, near.empty() ? see : near);
}

// A descriptor of ours must not land on a standard one that was closed, and be taken for it. What is
// put there cannot be read from as stdin nor written to as stdout, so that whoever needs it hears.
void fill_closed_descriptors() {
    constexpr int kModes[] = {O_WRONLY, O_RDONLY, O_RDWR};  // of stdin, stdout, stderr
    for (int fd = 0; fd < 3; ++fd)
        if (::fcntl(fd, F_GETFD) < 0 && ::open("/dev/null", kModes[fd]) < 0) std::exit(1);
}

// What was printed has reached its place: a full disk is an error.
int checked(int status) {
    if (std::fflush(stdout) == 0 && std::cout.flush()) return status;
    logging::error(fmt::format("cannot write to standard output: {}", std::system_category().message(errno)));
    return 1;
}

void tell_kapacitor(const CLI::App& app, const std::string& problem) {
    if (app.get_subcommands().empty()) cli::refuse_prog(problem);
}

constexpr const char* kExamples = R"(
Examples:
  udf-host list                              what can be run here
  udf-host info moving_avg                   its options, and a TICKscript to start from
  udf-host kapacitor-config                  all of them, for kapacitor.conf
  udf-host run --plugin moving_avg --option field=usage_idle --option size=10 < cpu.lp
                                             try it on line protocol, without Kapacitor
In kapacitor.conf:
  [udf.functions.moving_avg]
    prog = "/usr/local/bin/udf-host"
    args = ["--plugin", "moving_avg"]
    timeout = "10s"
or, with `udf-host --plugin moving_avg --socket /run/moving_avg.sock` running:
    socket = "/run/moving_avg.sock"
    timeout = "10s"

Files:
  lib/udf-host/plugins                       under the prefix of the installation: where plugins are looked up

Environment:
  UDF_HOST_PLUGINS                           directories to look them up in instead, ':' between; not heard by serve,
                                             by a setuid udf-host, nor by one that systemd started as a service
  UDF_HOST_CONTROL_DIR                       where processes that serve have the sockets that status asks, instead of
                                             the places that status --help names; not heard by a setuid udf-host

Signals:
  SIGTERM, SIGINT                            a server ends, its connections within --stop-timeout
  SIGHUP                                     new workers, of the plugin as it is now and with the state of the old;
                                             serve reads its configuration again
  SIGUSR1                                    logs how things stand

Exit status:
  0                                          all is well
  1                                          something failed
  2                                          the command line is wrong
)";

// Describing all commands to the parser takes longer than everything else of a start: a `prog` of Kapacitor and a
// worker, which have options alone, go without.
enum class Described : uint8_t { options, all };

// Empty where that is not what it takes to understand the words.
std::optional<int> run(int argc, char** argv, Described described) {
    CLI::App app("Runs Kapacitor user-defined functions written as small plugins.", "udf-host");
    app.set_version_flag("--version", "udf-host " UDF_HOST_VERSION);
    cli::add_agent(app);
    if (described == Described::all) {
        cli::add_list(app);
        cli::add_info(app);
        cli::add_new(app);
        cli::add_kapacitor_config(app);
        cli::add_run(app);
        cli::add_replay(app);
        cli::add_dump(app);
        cli::add_bench(app);
        cli::add_serve(app);
        cli::add_supervise(app);
        cli::add_status(app);
        cli::add_log_level_command(app);
        cli::add_probe(app);
        cli::add_check_config(app);
        cli::add_check(app);
        cli::add_completion(app);
        cli::add_man_page(app);
        app.footer(kExamples);  // not before: subcommands without a text of their own would take it over
    }
    try {
        app.parse(argc, argv);
    } catch (const CLI::RuntimeError& e) {
        return e.get_exit_code();
    } catch (const CLI::ParseError& e) {
        if (described != Described::all) return std::nullopt;
        if (e.get_exit_code() == 0) return checked(app.exit(e));  // --help and --version
        const std::string problem = usage_problem(app, e);
        logging::error(problem);
        tell_kapacitor(app, problem);
        return 2;
    } catch (const cli::BadConfig& e) {
        for (const std::string& problem : e.problems) logging::error(problem);
        tell_kapacitor(app, e.problems.front());
        return 1;
    } catch (const std::exception& e) {
        logging::error(e.what());
        tell_kapacitor(app, e.what());
        return 1;
    }
    return checked(0);
}

}  // namespace

int main(int argc, char** argv) {
    server::take_service_environment();
    fill_closed_descriptors();
    ::prctl(PR_SET_NAME, "udf-host");  // workers are run as /proc/self/exe, and would be called so
    std::signal(SIGPIPE, SIG_IGN);

    std::optional<int> status;
    if (argc > 1 && argv[1][0] == '-') status = run(argc, argv, Described::options);
    return status ? *status : run(argc, argv, Described::all).value_or(1);
}
