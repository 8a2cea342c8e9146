// SPDX-License-Identifier: MIT
//
// What is under measurement, on pipes or on a unix socket: a function, or `cat`, which hands back
// what it is given and so shows what the transport alone allows. It is a process and what that has
// started, such as the worker of a supervisor. Ends are blocking. The destructor kills what still runs.
#pragma once

#include <udf.pb.h>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "client/process.h"
#include "wire/unique_fd.h"

namespace bench {

namespace pb = kapacitor::udf;

enum class Transport { pipe, socket };

struct Contender {
    std::string name;
    std::vector<std::string> command;
    bool is_function = true;  // speaks the protocol; cat does not
    bool listens = false;     // takes --socket; otherwise a socket is its stdin and stdout
    std::string based_on{};   // the name of the one that this one is, with something added; empty = none
};

// What every figure is held against.
Contender cat();
// One more process on the way.
Contender two_cats();

class Subject {
public:
    // Starts it and, where it listens, connects.
    Subject(const Contender& contender, Transport transport);
    ~Subject();
    Subject(const Subject&) = delete;
    Subject& operator=(const Subject&) = delete;

    const std::string& name() const noexcept { return contender_.name; }
    int input() const noexcept { return to_.get(); }
    int output() const noexcept { return from_ ? from_.get() : to_.get(); }

    // Asks what it is. Throws what client::Session throws.
    pb::InfoResponse info();
    // Makes it ready for data; the options as for client::parse_options. Nothing for cat.
    void start(const std::vector<std::string>& options);

    // Of its processes so far: time on a processor, and the most memory that was resident (bytes). What they
    // have in common counts for each.
    std::chrono::nanoseconds cpu_time() const;
    size_t peak_memory() const;
    // Bytes that are resident now; of what is shared, with whomever, each has its part (PSS).
    size_t own_memory() const;

    // Ends its input. What it still has to say can be read until it ends its output.
    void end_input();
    // Waits for its exit. Throws where that does not come, or is a failure.
    void finish();
    // Ends it at once.
    void kill() { process_->kill(); }

private:
    void connect_to(const std::filesystem::path& socket);
    std::vector<pid_t> processes() const;

    const Contender contender_;
    std::optional<std::filesystem::path> dir_;  // of its socket
    std::optional<client::Process> process_;
    wire::unique_fd to_, from_;  // a socket is in to_ alone
};

}  // namespace bench
