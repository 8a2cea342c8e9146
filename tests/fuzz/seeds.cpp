// SPDX-License-Identifier: MIT
//
// fuzz_seeds DIRECTORY PLUGIN...: writes what each target starts from to DIRECTORY/TARGET/. It is
// made of the recorded sessions, the line protocol of the tests, and plugins.
#include <udf.pb.h>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "agent/envelope.h"
#include "support/encoded_points.h"
#include "wire/decode.h"
#include "wire/frame.h"

namespace fs = std::filesystem;
using namespace support;
using wire::Kind;

namespace {

constexpr size_t kLineChoices = 11;            // that line.cpp takes from the end
const std::string kPoint(kLineChoices, '\3');  // says there that the rest is an encoded point
constexpr size_t kAnEach = 60;                 // seeds of a kind from one recording
constexpr size_t kLongest = 3'000;             // bytes of a session, whole frames

std::string read(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    if (!in) throw std::runtime_error("cannot read " + file.string());
    return {std::istreambuf_iterator<char>(in), {}};
}

class Corpus {
public:
    explicit Corpus(fs::path directory) : directory_(std::move(directory)) {}

    void add(const std::string& target, std::string_view seed) {
        fs::create_directories(directory_ / target);
        const fs::path file = directory_ / target / ("seed-" + std::to_string(counts_[target]++));
        std::ofstream out(file, std::ios::binary);
        if (!out.write(seed.data(), static_cast<std::streamsize>(seed.size())).flush())
            throw std::runtime_error("cannot write " + file.string());
    }

private:
    fs::path directory_;
    std::map<std::string, size_t> counts_;
};

// Targets take their choices from the end of the input.
std::string with_choices(std::string_view bytes, std::string_view choices) {
    return std::string(bytes) + std::string(choices);
}

// A point, and the begin of its batch if it has one; see codec.cpp.
std::string codec_seed(const std::string& begin, std::string_view point, char choice = '\1') {
    std::string choices(40, choice);
    choices[39] = begin.empty() ? '\0' : '\1';
    choices[37] = '\0';  // no further cuts
    choices[36] = '\0';
    choices[35] = static_cast<char>(begin.size());
    return begin + with_choices(point, choices);
}

// Points in forms that protobuf allows and Kapacitor never writes.
void add_unusual_points(Corpus& corpus) {
    const std::string flag = tagged(11, 0) + "\1";
    const std::string field = nested(8, nested(1, "v") + tagged(2, 1) + "12345678");
    const std::string boolean = nested(12, nested(1, "b") + tagged(2, 0) + "\1");
    const std::string long_integer = nested(9, nested(1, "i") + tagged(2, 0) + std::string("\x85\x80\x00", 3));
    const std::string group = tagged(30, 3) + tagged(1, 0) + "\x05" + tagged(30, 4);
    for (const std::string& point : {field + flag + boolean, flag + field + boolean, boolean + nested(2, "cpu"),
                                     long_integer, nested(9, tagged(2, 0) + "\5" + nested(1, "i")), field + field,
                                     group + field, nested(2, "cpu") + long_integer})
        for (const std::string& begin :
             {std::string(), nested(1, "cpu") + nested(3, nested(1, "host") + nested(2, "a"))})
            for (const char choice : {'\1', '\5'}) corpus.add("codec", codec_seed(begin, point, choice));
}

void add_lengths(Corpus& corpus) {
    const std::string choices(40, '\0');
    for (const char last : {'\0', '\1', '\2', '\x80'})
        for (const char other : {'\x80', '\xff'})
            corpus.add("frames", with_choices("\1x" + std::string(9, other) + last + "\1x", choices));
    corpus.add("frames", with_choices(std::string("\x81\x80\x00x\1x", 6), choices));
}

// The same requests, each with a member that nobody knows.
std::string with_unknown_members(std::string_view session) {
    std::string result;
    while (!session.empty()) {
        const wire::Split split = wire::split_frame(session);
        session.remove_prefix(split.frame.size());
        const std::string body = std::string(split.body) + tagged(20, 0) + "\7";
        result += varint(body.size()) + body;
    }
    return result;
}

void add_session(Corpus& corpus, const std::string& recording) {
    std::string_view left = recording;
    size_t taken = 0;
    std::string begin;
    std::map<Kind, size_t> counts;
    while (!left.empty()) {
        const wire::Split split = wire::split_frame(left);
        if (split.status != wire::Split::whole) throw std::runtime_error("a recording is cut off");
        left.remove_prefix(split.frame.size());
        if (recording.size() - left.size() <= kLongest) taken = recording.size() - left.size();
        const wire::Message message = wire::open_message(split.body);
        if (++counts[message.kind] > kAnEach) continue;
        if (message.kind == Kind::init) corpus.add("options", message.body);
        if (message.kind == Kind::begin) begin = message.body;
        if (message.kind == Kind::end) begin.clear();
        if (message.kind == Kind::point) corpus.add("codec", codec_seed(begin, message.body));
        if (message.kind == Kind::point) corpus.add("line", with_choices(message.body, kPoint));
        kapacitor::udf::Response response;
        if (message.kind == Kind::snapshot &&
            response.ParseFromArray(split.body.data(), static_cast<int>(split.body.size())))
            corpus.add("envelope", with_choices(response.snapshot().snapshot(), "\1\1\1\1\1\1\1\1"));
    }
    const std::string_view session = std::string_view(recording).substr(0, taken);
    for (const char choice : {'\0', '\1', '\2'}) {
        const std::string choices(40, choice);
        corpus.add("frames", with_choices(session, choices));
        corpus.add("session", with_choices(session, choices));
        corpus.add("session", with_choices(with_unknown_members(session), choices));
    }
}

void add_lines(Corpus& corpus, const std::string& lines) {
    const std::string choices(kLineChoices, '\1');
    corpus.add("line", with_choices(std::string_view(lines).substr(0, 500), choices));
    for (size_t at = 0, n = 0; n < kAnEach && at < lines.size(); ++n) {
        const size_t end = std::min(lines.find('\n', at), lines.size() - 1) + 1;
        corpus.add("line", with_choices(std::string_view(lines).substr(at, end - at), choices));
        at = end;
    }
    for (const char* line : {"m\\,\\ x,a\\=b=c\\ d i=1i,u=2u,f=-1.5e-7,t=true,n=F,s=\"a \\\"b\\\" \\\\ \n next line\" "
                             "1600000000000000000\n",
                             "# nothing\n\nm s=\"open\nm v=1 2\nm v=1,v=2i,v=\"3\"\n", "\xc3\xbc\tx v=.5\r\n"})
        corpus.add("line", with_choices(line, choices));
}

// Points with names that line protocol has no way to say.
void add_bent_points(Corpus& corpus) {
    kapacitor::udf::Point point;
    for (const char* name : {"a b", "a\tb", "a\nb", "\\", "c\\", "c", ""}) {
        point.set_name(name);
        (*point.mutable_tags())[name] = "v\\";
        (*point.mutable_fieldsint())[name] = 1;
        (*point.mutable_fieldsstring())[name] = "\"\\\n";
        corpus.add("line", with_choices(point.SerializeAsString(), kPoint));
    }
}

void add_options(Corpus& corpus) {
    kapacitor::udf::InitRequest request;
    const auto put = [&](const char* name, auto... set) {
        auto& option = *request.add_options();
        option.set_name(name);
        (set(*option.add_values()), ...);
    };
    using Value = kapacitor::udf::OptionValue;
    const auto text = [](Value& v) { v.set_type(kapacitor::udf::STRING), v.set_stringvalue("value"); };
    const auto whole = [](Value& v) { v.set_type(kapacitor::udf::INT), v.set_intvalue(10); };
    const auto real = [](Value& v) { v.set_type(kapacitor::udf::DOUBLE), v.set_doublevalue(0.5); };
    const auto flag = [](Value& v) { v.set_type(kapacitor::udf::BOOL), v.set_boolvalue(true); };
    const auto span = [](Value& v) { v.set_type(kapacitor::udf::DURATION), v.set_durationvalue(90'000'000'000); };
    put("field", text);
    put("as", span);
    corpus.add("options", request.SerializeAsString());
    put("size", whole);
    put("scale", whole);
    put("exact", flag);
    put("every", span);
    put("set", text, real, span, flag, whole);
    put("set", text, whole, span, flag, whole);
    put("none");
    corpus.add("options", request.SerializeAsString());
    for (const char* name : {"field", "size", "scale", "exact", "every", "as", "none"}) {
        request.Clear();
        if (name != std::string_view("field")) put("field", text);
        put("as", text);
        const std::string before = request.SerializeAsString();
        const auto add = [&](auto... set) {
            request.ParseFromString(before);
            put(name, set...);
            corpus.add("options", request.SerializeAsString());
            put(name, set...);
            corpus.add("options", request.SerializeAsString());
        };
        add(), add(text), add(whole), add(real), add(flag), add(span);
    }
}

}  // namespace

int main(int argc, char** argv) try {
    if (argc < 2) throw std::runtime_error("usage: fuzz_seeds DIRECTORY PLUGIN...");
    Corpus corpus(argv[1]);
    for (const auto& entry : fs::directory_iterator(TEST_DATA "/wire"))
        if (entry.path().extension() == ".bin") add_session(corpus, read(entry.path()));
    add_lines(corpus, read(TEST_DATA "/cpu.lp"));
    add_unusual_points(corpus);
    add_lengths(corpus);
    add_bent_points(corpus);
    add_options(corpus);
    corpus.add("envelope", with_choices(agent::wrap("moving_avg", 1, "state"), "\1\1\1\1\1\1\1\1"));
    for (int i = 2; i < argc; ++i) corpus.add("elf", read(argv[i]));
    return 0;
} catch (const std::exception& e) {
    std::cerr << e.what() << '\n';
    return 1;
}
