// SPDX-License-Identifier: MIT
//
// An algorithm as a server has it: what workers are made of from now on, and the connections that it is served to,
// each with a supervisor. It may be offered by another plugin than before, or by none for some time, while connections
// go on. It outlives them. [any]
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "cli/config.h"
#include "cli/offers.h"
#include "metrics/registry.h"
#include "supervisor/supervisor.h"
#include "wire/channel.h"

namespace cli {

class Service {
public:
    using Settings = ServeConfig::ForAlgorithm;

    Service(std::string algorithm, metrics::Registry& registry)
        : algorithm_(std::move(algorithm)), registry_(registry) {}
    Service(const Service&) = delete;
    Service& operator=(const Service&) = delete;

    void set(const Settings& settings);
    // What workers are made of from now on; null where nobody offers it. Where it is another than before, connections
    // are upgraded, unless the settings say that they stay with what they have.
    void offer(const Offers::Version& version);
    // From now on whoever connects waits until it is offered, or it is said that it will not be, and why.
    void await();
    bool is_awaited() const;
    void is_not_there(const std::string& why);

    // Serves a connection to its end.
    void serve(wire::FdChannel& channel);

    const std::string& algorithm() const noexcept { return algorithm_; }
    Offers::Version version() const;
    Settings settings() const;

private:
    friend class Follower;
    std::string wait_until_offered() const;

    const std::string algorithm_;
    metrics::Registry& registry_;
    mutable std::mutex mutex_;
    mutable std::condition_variable changed_;
    Settings settings_;
    Offers::Version version_, last_;
    bool awaited_ = false;
    std::string not_there_ = "nobody offers it";
    std::set<supervisor::Supervisor*> supervisors_;
};

// A connection that has what a service has: decides what its workers are made of, and is upgraded with it. One thread.
class Follower {
public:
    Follower() = default;
    Follower(const Follower&) = delete;
    Follower& operator=(const Follower&) = delete;

    // Once, before a worker is made of it, or later.
    void follow(Service& service);
    // Settings for its supervisor: `words` is the command line of a worker but for the version.
    supervisor::Settings supervision(const Service::Settings& settings,
                                     std::function<std::vector<std::string>(const PluginVersion*)> words);
    // Serves with them, to the end.
    void serve(wire::FdChannel& channel, const supervisor::Settings& settings, metrics::Registry& registry);

private:
    Offers::Version next() const;
    void join();

    Service* service_ = nullptr;
    Offers::Version begun_, started_, works_;
    supervisor::Supervisor* supervisor_ = nullptr;
};

// Serves a connection of the universal function; `find` gives the service of an algorithm, or null.
struct Edges {
    std::string wants, provides;  // "stream" or "batch"
};
void serve_universal(wire::FdChannel& channel, const Edges& edges, const std::vector<std::filesystem::path>& plugins,
                     const Service::Settings& settings, const std::function<Service*(const std::string&)>& find,
                     metrics::Registry& registry);

}  // namespace cli
