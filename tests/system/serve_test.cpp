// SPDX-License-Identifier: MIT
//
// `udf-host serve`: plugins that come, change, break and go while tasks run on them.
#include <doctest/doctest.h>
#include <sys/stat.h>

#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "support/full_load.h"
#include "system/served.h"
#include "system/task_options.h"

namespace fs = std::filesystem;

namespace {

const PrebuiltLoad& load() {
    static const PrebuiltLoad prebuilt = prebuilt_load({.units = 2'000});
    return prebuilt;
}

std::string counter(int version, const std::string& name = "counter") {
    return renamed_plugin("counter_v" + std::to_string(version), "counter", name);
}

// Of a new connection, or why there is none.
std::string version_of_new_connection(const ServeHost& host, const std::string& algorithm) {
    if (!host.listens(algorithm)) return "no socket";
    CountedTask task(host.socket(algorithm), load());
    if (!task.init().empty()) return task.init();
    const bool seen = eventually([&] { return task.version() != 0; });
    const int64_t version = task.version();
    const std::string wrong = task.finish();
    return !seen ? "nothing came" : wrong.empty() ? std::to_string(version) : wrong;
}

pb::Option algorithm_option(const std::string& name) {
    pb::Option option;
    option.set_name("algorithm");
    option.add_values()->set_type(pb::STRING);
    option.mutable_values(0)->set_stringvalue(name);
    return option;
}

size_t open_descriptors(pid_t pid) {
    size_t count = 0;
    for ([[maybe_unused]] const auto& entry : fs::directory_iterator(process_table::folder(pid) / "fd")) ++count;
    return count;
}

}  // namespace

TEST_CASE("a plugin that is dropped in has a socket, which is gone when it is removed") {
    ServeHost host;
    host.start();
    CHECK(!host.listens("counter"));
    host.put("counter.so", counter(1));
    REQUIRE(eventually([&] { return host.listens("counter"); }));
    CHECK(version_of_new_connection(host, "counter") == "1");
    struct stat st {};
    REQUIRE(::stat(host.socket("counter").c_str(), &st) == 0);
    CHECK((st.st_mode & 0777) == 0660);
    CountedTask running(host.socket("counter"), load());
    CHECK(running.init() == "");
    fs::remove(host.plugins / "counter.so");
    CHECK(eventually([&] { return !fs::exists(host.socket("counter")); }));
    CHECK(running.finish() == "");
    host.process().signal(SIGTERM);
    CHECK(host.process().status() == 0);
    CHECK(fs::is_empty(host.sockets));
}

TEST_CASE("what runs gets the code of a plugin that is replaced, with its state") {
    ServeHost host;
    host.put("counter.so", counter(1));
    host.start();
    CountedTask running(host.socket("counter"), load());
    CHECK(eventually([&] { return running.version() == 1; }));
    host.put("counter.so", counter(2));
    CHECK(eventually([&] { return running.version() == 2; }));
    CHECK(version_of_new_connection(host, "counter") == "2");
    CHECK(running.finish() == "");
}

TEST_CASE("with --upgrade new-connections what runs stays what it is, over a crash too") {
    ServeHost host;
    host.put("counter.so", counter(1));
    host.start({"--upgrade", "new-connections", "--checkpoint-interval", "0.1"});
    CountedTask running(host.socket("counter"), load());
    CHECK(eventually([&] { return running.version() == 1; }));
    host.put("counter.so", counter(2));
    CHECK(host.says("counter 2"));
    CHECK(version_of_new_connection(host, "counter") == "2");
    for (const pid_t worker : process_table::children(host.process().pid())) ::kill(worker, SIGKILL);
    CHECK(host.says("the worker died"));
    CHECK(host.says(" restart=1 "));
    CHECK(running.version() == 1);
    CHECK(running.finish() == "");
}

TEST_CASE("a broken plugin is refused, with the reason in the log, and taken once it is mended") {
    ServeHost host;
    host.start();
    const std::string whole = counter(1);
    host.put("counter.so", whole.substr(0, whole.size() / 2));
    CHECK(host.says("counter.so: is cut short or damaged"));
    CHECK(!host.listens("counter"));
    std::ofstream(host.plugins / "counter.so", std::ios::binary | std::ios::app) << whole.substr(whole.size() / 2);
    CHECK(eventually([&] { return host.listens("counter"); }));
    CHECK(version_of_new_connection(host, "counter") == "1");
}

TEST_CASE("a plugin that is being written is left alone until it is whole") {
    ServeHost host;
    host.start();
    const std::string whole = counter(1);
    {
        std::ofstream file(host.plugins / "counter.so", std::ios::binary);
        for (size_t at = 0; at < whole.size(); at += 1 + whole.size() / 20) {
            file << whole.substr(at, 1 + whole.size() / 20) << std::flush;
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
        }
    }
    CHECK(eventually([&] { return host.listens("counter"); }));
}

TEST_CASE("a new version that is broken leaves the old one to running and to new connections") {
    ServeHost host;
    host.put("counter.so", counter(1));
    host.start();
    CountedTask running(host.socket("counter"), load());
    host.put("counter.so", "no plugin at all");
    CHECK(host.says("the version before it goes on"));
    CHECK(version_of_new_connection(host, "counter") == "1");
    host.put("counter.so", counter(2));
    CHECK(eventually([&] { return running.version() == 2; }));
    CHECK(running.finish() == "");
}

TEST_CASE("a plugin that others may write is not served") {
    ServeHost host;
    host.put("counter.so", counter(1));
    host.start();
    fs::permissions(host.plugins / "counter.so", fs::perms::others_write, fs::perm_options::add);
    CHECK(host.says("can be written by everybody"));
    CHECK(eventually([&] { return !host.listens("counter"); }));
    fs::permissions(host.plugins / "counter.so", fs::perms::others_write, fs::perm_options::remove);
    CHECK(eventually([&] { return host.listens("counter"); }));
}

TEST_CASE("of two plugins with the same algorithm the one that has it keeps it, and the other follows when it goes") {
    ServeHost host;
    host.put("m.so", counter(1));
    host.start();
    host.put("a.so", counter(2));
    CHECK(host.says("refused algorithm counter of"));
    CHECK(version_of_new_connection(host, "counter") == "1");
    CountedTask running(host.socket("counter"), load());
    CHECK(eventually([&] { return running.version() == 1; }));
    fs::remove(host.plugins / "m.so");
    CHECK(eventually([&] { return running.version() == 2; }));
    CHECK(running.finish() == "");
}

TEST_CASE("a plugins directory that vanishes and comes back is served again") {
    ServeHost host;
    host.put("counter.so", counter(1));
    host.start();
    fs::rename(host.plugins, host.plugins.parent_path() / "away");
    CHECK(eventually([&] { return !host.listens("counter"); }));
    fs::create_directory(host.plugins);
    host.put("counter.so", counter(2));
    CHECK(eventually([&] { return host.listens("counter"); }));
    CHECK(version_of_new_connection(host, "counter") == "2");
}

TEST_CASE("a socket that somebody has removed is made again") {
    ServeHost host;
    host.put("counter.so", counter(1));
    host.start();
    fs::remove(host.socket("counter"));
    CHECK(eventually([&] { return host.listens("counter"); }));
    fs::remove_all(host.sockets);
    CHECK(host.says("there is no directory"));
    fs::create_directory(host.sockets);
    CHECK(eventually([&] { return host.listens("counter"); }));
}

TEST_CASE("a second server of the same sockets says that there is another, and ends") {
    ServeHost host;
    host.put("counter.so", counter(1));
    host.start();
    UdfProcess second({"serve", "--plugins-dir", host.plugins, "--socket-dir", host.sockets});
    CHECK(second.status() == 1);
    CHECK(second.errors().find("nothing can be served: cannot listen on " + host.socket("counter").native() +
                               ": another process is listening there") != std::string::npos);
    CHECK(version_of_new_connection(host, "counter") == "1");
}

TEST_CASE("one that connects before the plugins have been asked waits for them") {
    ServeHost host;
    fs::copy_file(TEST_PLUGINS "/hang_on_load.so", host.plugins / "a.so");  // ten seconds pass with it
    host.put("counter.so", counter(1));
    std::ofstream(host.plugins.parent_path() / "config.toml") << "[algorithm.counter]\n[algorithm.missing]\n";
    UdfProcess process({"serve", "--plugins-dir", host.plugins, "--socket-dir", host.sockets, "--config",
                        host.plugins.parent_path() / "config.toml"});
    REQUIRE(eventually([&] { return host.listens("counter") && host.listens("missing"); }));
    CHECK(process.errors().find("counter 1") == std::string::npos);
    CHECK(version_of_new_connection(host, "counter") == "1");
    CHECK(eventually([&] { return !host.listens("missing"); }));
}

TEST_CASE("the universal function reaches what is dropped in, and is upgraded with it") {
    ServeHost host;
    host.start();
    host.put("other_name.so", counter(1));
    REQUIRE(eventually([&] { return host.listens("counter"); }));
    Counts counts;
    std::atomic<int64_t> version{0};
    ServedTask task(host.socket("native"), [&](const udf::Point& p) {
        counts.see(p);
        version = p.field<int64_t>("version").value_or(-1);
    });
    REQUIRE(task.init({algorithm_option("counter")}) == "");
    task.feed(load().bytes);
    CHECK(task.wait_for_units(load().units()));
    CHECK(version == 1);
    host.put("other_name.so", counter(2));
    CHECK(host.says("upgraded"));
    task.feed(load().bytes);
    CHECK(task.wait_for_units(2 * load().units()));
    CHECK(version == 2);
    CHECK(task.finish());
    CHECK(counts.wrong() == "");
}

TEST_CASE("SIGHUP reads the configuration again, and a wrong one leaves what there was") {
    ServeHost host;
    const fs::path config = host.plugins.parent_path() / "config.toml";
    std::ofstream(config) << "[algorithm.counter]\nenabled = false\n";
    host.put("counter.so", counter(1));
    host.start({"--config", config});
    CHECK(!host.listens("counter"));
    std::ofstream(config) << "[algorithm.counter]\nenbled = true\n";
    host.process().signal(SIGHUP);
    CHECK(host.says("the configuration stays as it was"));
    CHECK(host.says("did you mean 'enabled'"));
    std::ofstream(config) << "[algorithm.counter]\nsocket-mode = \"0600\"\n";
    host.process().signal(SIGHUP);
    REQUIRE(eventually([&] { return host.listens("counter"); }));
    struct stat st {};
    REQUIRE(::stat(host.socket("counter").c_str(), &st) == 0);
    CHECK((st.st_mode & 0777) == 0600);
}

TEST_CASE("a thousand algorithms of a hundred plugins take less than 100 kB each, and no worker until one is used") {
    const auto memory_of = [](int plugins) {  // in kB
        ServeHost host;
        for (int i = 0; i < plugins; ++i) {
            const std::string number = {static_cast<char>('0' + i / 10), static_cast<char>('0' + i % 10)};
            host.put("p" + number + ".so", renamed_plugin("ten_algorithms", "many_00", "many_" + number));
        }
        const auto began = std::chrono::steady_clock::now();
        host.start();
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
        MESSAGE(plugins, " plugins are served after ", took.count(), " s");
        const pid_t pid = host.process().pid();
        CHECK(host.times_said("listening ") == 10 * static_cast<size_t>(plugins) + 4);
        CHECK(eventually([&] { return process_table::children(pid).empty(); }));
        const std::string status = process_table::text_of(process_table::folder(pid) / "status");
        const size_t kilobytes = std::stoul(status.substr(status.find("VmRSS:") + 6));
        ServedTask task(host.socket("many_00_7"));
        CHECK(task.init() == "");
        task.feed(load().bytes);
        CHECK(task.wait_for_units(load().units()));
        CHECK(task.finish());
        return kilobytes;
    };
    const size_t few = memory_of(1), many = memory_of(100);
    const double each = static_cast<double>(many - few) / 990;
    MESSAGE(each, " kB an algorithm");
    CHECK(many < few + 990 * 100);
}

// ---- At random ----

namespace {

// What is to be expected of one plugin.
struct Expected {
    std::string algorithm;
    int version = 0;  // on new connections; 0: there is no socket
    int running = 0;  // on those that run
    bool is_there = false, is_broken = false;
    std::string file() const { return algorithm + ".so"; }
};

// Adds, replaces, removes, breaks or mends it.
void step(const ServeHost& host, Expected& plugin, Random& random) {
    const fs::path file = host.plugins / plugin.file();
    switch (plugin.is_there ? random.below(4) : 0) {
        default: {  // another version than there is, so that it shows when it has been taken
            const int version = plugin.version == 0 ? 1 + static_cast<int>(random.below(2)) : 3 - plugin.version;
            host.put(plugin.file(), counter(version, plugin.algorithm));
            plugin = {plugin.algorithm, version, version, true, false};
            return;
        }
        case 1:
            fs::remove(file);
            plugin.is_there = plugin.is_broken = false;
            plugin.version = 0;
            return;
        case 2:  // renamed into its place: what there was goes on
            host.put(plugin.file(), counter(1, plugin.algorithm).substr(0, 1000 + random.below(10'000)));
            plugin.is_broken = true;
            return;
        case 3:  // written over: there is nothing else any more
            if (plugin.is_broken) return step(host, plugin, random);
            fs::permissions(file, fs::perms::others_write, fs::perm_options::add);
            plugin.is_broken = true;
            plugin.version = 0;
            return;
    }
}

}  // namespace

TEST_CASE("plugins come, change, break and go at random under load: no point is lost, every version is as expected") {
    ServeHost host;
    std::vector<Expected> plugins;
    for (const char* name : {"count_a", "count_b", "count_c", "count_d", "count_e"}) {
        host.put(std::string(name) + ".so", counter(1, name));
        plugins.push_back({name, 1, 1, true});
    }
    host.start();
    const pid_t pid = host.process().pid();
    const size_t descriptors = open_descriptors(pid);
    Random random;
    {
        std::vector<std::unique_ptr<CountedTask>> tasks;
        for (size_t i = 0; i < 20; ++i) {
            tasks.push_back(std::make_unique<CountedTask>(host.socket(plugins[i % 5].algorithm), load()));
            REQUIRE(tasks.back()->init() == "");
        }
        const int steps = kFullLoad ? 200 : 20;
        for (int i = 0; i < steps; ++i) {
            Expected& plugin = plugins[random.below(plugins.size())];
            step(host, plugin, random);
            CAPTURE(i);
            CAPTURE(plugin.algorithm);
            CAPTURE(plugin.version);
            REQUIRE(eventually([&] { return host.listens(plugin.algorithm) == (plugin.version != 0); }));
            for (size_t t = 0; t < tasks.size(); ++t)
                REQUIRE(eventually([&] { return tasks[t]->version() == plugins[t % 5].running; }));
            std::string found;
            const bool is_so = plugin.version == 0 || eventually([&] {
                                   found = version_of_new_connection(host, plugin.algorithm);
                                   return found == std::to_string(plugin.version);
                               });
            REQUIRE_MESSAGE(is_so, found, host.process().errors());
        }
        for (const auto& task : tasks) CHECK(task->finish() == "");
    }
    for (Expected& plugin : plugins) host.put(plugin.file(), counter(1, plugin.algorithm));
    for (const Expected& plugin : plugins)
        CHECK(eventually([&] { return version_of_new_connection(host, plugin.algorithm) == "1"; }));
    CHECK(eventually([&] { return process_table::children(pid).empty() && open_descriptors(pid) == descriptors; }));
    host.process().signal(SIGTERM);
    CHECK(host.process().status() == 0);
}
