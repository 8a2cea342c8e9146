// SPDX-License-Identifier: MIT
#include "cli/status.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cli/instances.h"
#include "cli/status_table.h"
#include "client/interrupt.h"
#include "metrics/json.h"

namespace cli {
namespace {

using nlohmann::ordered_json;
using std::chrono::milliseconds;

constexpr milliseconds kBetween{500};  // two looks, where there is no watch
constexpr const char* kNothing = "nothing is running: no control socket of an udf-host that you may see\n";

struct StatusOptions {
    bool watch = false, json = false;
    double interval = 1;  // seconds
};

ordered_json to_json(const std::vector<Instance>& before, const std::vector<Instance>& now) {
    ordered_json all = ordered_json::array();
    for (const Instance& instance : now) {
        ordered_json common{{"pid", instance.process}};
        if (!instance.problem.empty()) {
            common["state"] = "no answer";
            common["problem"] = instance.problem;
            all.push_back(common);
            continue;
        }
        common["version"] = instance.version;
        common["mode"] = instance.mode;
        if (instance.connections.empty()) {
            common["state"] = "idle";
            all.push_back(common);
        }
        for (const metrics::Session& session : instance.connections) {
            ordered_json connection = common;
            connection.update(metrics::to_json(session));
            connection["points_per_second"] = nullptr;
            if (const auto moved = pace(before, instance, session))
                connection["points_per_second"] = {{"received", moved->received}, {"sent", moved->sent}};
            all.push_back(std::move(connection));
        }
    }
    return all;
}

// Of the terminal; 0 where it is none.
size_t terminal_width() {
    winsize size{};
    if (::isatty(STDOUT_FILENO) == 0 || ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0) return 0;
    return size.ws_col;
}

std::string time_of_day() {
    const std::time_t now = std::time(nullptr);
    std::tm local{};
    ::localtime_r(&now, &local);
    return fmt::format("{:%H:%M:%S}", local);
}

void print(const StatusOptions& options, const std::vector<Instance>& before, const std::vector<Instance>& now) {
    if (options.json) {
        const auto json = to_json(before, now);
        fmt::print("{}\n", json.dump(options.watch ? -1 : 2, ' ', false, ordered_json::error_handler_t::replace));
        return;
    }
    if (options.watch && ::isatty(STDOUT_FILENO) != 0) fmt::print("\x1b[H\x1b[2J");  // to the top of an empty screen
    if (options.watch) fmt::print("--- {}\n", time_of_day());
    fmt::print("{}", now.empty() ? kNothing : status_table(before, now, terminal_width()));
}

// The status to exit with; Ctrl-C and SIGTERM end it as they end `run --watch`.
int show(const StatusOptions& options) try {
    client::Interrupt interrupt;
    std::vector<Instance> before = instances();
    const auto pause = options.watch ? milliseconds(static_cast<int64_t>(options.interval * 1000)) : kBetween;
    do {
        if (options.watch || !before.empty()) interrupt.poll(nullptr, 0, static_cast<int>(pause.count()));
        std::vector<Instance> now = instances();
        print(options, before, now);
        before = std::move(now);
    } while (options.watch && std::fflush(stdout) == 0);
    return 0;
} catch (const client::Interrupted& e) {
    return 128 + e.signal;
}

std::string check_pause(const std::string& text) {
    double seconds = 0;
    const char* const end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, seconds);
    if (parsed.ec == std::errc() && parsed.ptr == end && seconds >= 0.1 && seconds <= 86400) return {};
    return "'" + text + "' is no number of seconds from 0.1 to 86400";
}

}  // namespace

void add_status(CLI::App& app) {
    const auto options = std::make_shared<StatusOptions>();
    CLI::App& command = *app.add_subcommand(
        "status", "Show how the udf-host processes of this user stand, or, for root, those of this machine");
    CLI::Option* watch = command.add_flag("--watch", options->watch, "Again and again, until Ctrl-C");
    command.add_option("--interval", options->interval, "Seconds between two looks of --watch")
        ->type_name("SECONDS")
        ->capture_default_str()
        ->check(check_pause)
        ->needs(watch);
    command.add_flag("--json", options->json,
                     "Print an array with all that is known of each connection; with --watch one in a line each time");
    command.footer(
        "\nA line for each connection of Kapacitor's: points a second in and out since the look before, half a second "
        "or "
        "an interval ago; how long half (P50) and 99 % (P99) of the algorithm's calls took at most; restarts of its "
        "worker; the size of its last snapshot; how often the output guard has mended something. A process that does "
        "not "
        "answer within a second is listed as such.\n"
        "Sockets are looked for in /run/udf-host/control, $XDG_RUNTIME_DIR/udf-host and /tmp/udf-host-UID, or only in "
        "$UDF_HOST_CONTROL_DIR where that is set.");
    command.callback([options] {
        if (const int status = show(*options); status != 0) throw CLI::RuntimeError(status);
    });
}

}  // namespace cli
