// SPDX-License-Identifier: MIT
#include "cli/man_page.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace cli {
namespace {

// Text that comes out as it is: what roff would take for an escape, a request or a nicer character, it does not.
std::string escaped(std::string_view text) {
    std::string result;
    for (const char c : text) switch (c) {
            case '\\':
                result += "\\e";
                break;
            case '-':
                result += "\\-";
                break;
            case '\'':
                result += "\\(aq";
                break;
            case '`':
                result += "\\(ga";
                break;
            case '"':
                result += "\\(dq";
                break;
            case '^':
                result += "\\(ha";
                break;
            case '~':
                result += "\\(ti";
                break;
            default:
                result += c;
        }
    return result.starts_with('.') ? "\\&" + result : result;
}

std::string upper(std::string text) {
    std::ranges::transform(text, text.begin(), [](char c) { return c >= 'a' && c <= 'z' ? char(c - 'a' + 'A') : c; });
    return text;
}

std::vector<std::string_view> lines_of(std::string_view text) {
    std::vector<std::string_view> lines;
    while (!text.empty()) {
        const size_t end = text.find('\n');
        lines.push_back(text.substr(0, end));
        text.remove_prefix(end == text.npos ? text.size() : end + 1);
    }
    return lines;
}

bool is_indented(std::string_view line) { return line.starts_with(' '); }

// "Exit status:"
bool is_heading(std::string_view line) {
    return line.size() > 1 && line.ends_with(':') && std::ranges::all_of(line.substr(0, line.size() - 1), [](char c) {
               return c == ' ' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
           });
}

// Free text: paragraphs, and what is indented between them.
class Text {
public:
    // `begun`: it does not stand right behind the title of a section.
    Text(std::string& page, bool begun) : page_(page), begun_(begun) {}
    ~Text() { end_example(); }
    Text(const Text&) = delete;
    Text& operator=(const Text&) = delete;

    void add(std::string_view line) {
        if (line.empty()) {
            blank_ = true;
            return;
        }
        if (is_indented(line)) {
            if (!in_example_) page_ += fmt::format("{}.RS 4\n.nf\n", begun_ ? ".PP\n" : "");
            if (in_example_ && blank_) page_ += "\n";
            in_example_ = true;
            line.remove_prefix(std::min<size_t>(2, line.find_first_not_of(' ')));
        } else if (begun_ && (blank_ || in_example_)) {
            end_example();
            page_ += ".PP\n";
        }
        page_ += escaped(line) + "\n";
        begun_ = true;
        blank_ = false;
    }
    void section(std::string_view title) {
        end_example();
        page_ += fmt::format(".SH {}\n", upper(std::string(title)));
        begun_ = blank_ = false;
    }

private:
    void end_example() {
        if (in_example_) page_ += ".fi\n.RE\n";
        in_example_ = false;
    }

    std::string& page_;
    bool in_example_ = false, blank_ = true, begun_;
};

// run [OPTIONS] [FILES...]
std::string usage(const CommandWords& command, const std::string& before) {
    std::string words = fmt::format("\\fB{}{}\\fR", escaped(before), escaped(command.name));
    if (!command.options.empty()) words += " [\\fIOPTIONS\\fR]";
    for (const OptionWords& positional : command.positionals) {
        const std::string name =
            fmt::format("\\fI{}\\fR{}", escaped(upper(positional.names.front())), positional.repeatable ? "..." : "");
        words += positional.required ? " " + name : " [" + name + "]";
    }
    return words;
}

std::string item(const OptionWords& option, bool positional) {
    std::string names;
    for (const std::string& name : option.names) {
        if (!names.empty()) names += ", ";
        names +=
            positional ? fmt::format("\\fI{}\\fR", escaped(upper(name))) : fmt::format("\\fB{}\\fR", escaped(name));
    }
    if (!positional && !option.value.empty()) names += fmt::format(" \\fI{}\\fR", escaped(option.value));
    std::string text = fmt::format(".TP\n{}\n{}\n", names, escaped(option.help));
    if (!option.otherwise.empty()) text += fmt::format("[{}]\n", escaped(option.otherwise));
    return text;
}

// The positionals, then the options in their groups, the first without a heading.
std::string items(const CommandWords& command) {
    std::string text;
    for (const OptionWords& positional : command.positionals) text += item(positional, true);
    std::vector<std::string> groups;
    for (const OptionWords& option : command.options)
        if (std::ranges::find(groups, option.group) == groups.end()) groups.push_back(option.group);
    for (const std::string& group : groups) {
        if (group != groups.front()) text += fmt::format(".PP\n{}:\n", escaped(group));
        for (const OptionWords& option : command.options)
            if (option.group == group) text += item(option, false);
    }
    return text;
}

void add_commands(const CommandWords& parent, const std::string& before, std::string& page) {
    for (const CommandWords& command : parent.commands) {
        page += fmt::format(".SS {}\n{}.\n{}", usage(command, before), escaped(command.summary), items(command));
        Text text(page, true);
        for (const std::string_view line : lines_of(command.footer)) text.add(line);
        add_commands(command, before + command.name + " ", page);
    }
}

std::string synopsis(const CommandWords& root) {
    std::string text = usage(root, "") + "\n";
    for (const CommandWords& command : root.commands) text += ".br\n" + usage(command, root.name + " ") + "\n";
    return text;
}

}  // namespace

std::string man_page(const CommandWords& root, std::string_view version) {
    std::string what = root.summary.substr(0, root.summary.find_last_not_of('.') + 1);
    if (!what.empty() && what.front() >= 'A' && what.front() <= 'Z') what.front() = char(what.front() - 'A' + 'a');
    std::string page = fmt::format(
        ".\\\" Made by udf-host man, of the words of --help.\n"
        ".TH {} 1 \"\" \"{} {}\" \"User Commands\"\n.nh\n.ad l\n.SH NAME\n{} \\- {}\n.SH SYNOPSIS\n{}",
        upper(root.name), root.name, version, escaped(root.name), escaped(what), synopsis(root));
    page += fmt::format(
        ".SH DESCRIPTION\n{}\n"
        "With \\fB\\-\\-plugin\\fR or \\fB\\-\\-any\\fR it is a function of Kapacitor, on standard input and output or "
        "on a socket.\n.SH OPTIONS\n{}.SH COMMANDS\n",
        escaped(root.summary), items(root));
    add_commands(root, root.name + " ", page);
    {
        Text text(page, true);
        for (const std::string_view line : lines_of(root.footer))
            if (is_heading(line))
                text.section(line.substr(0, line.size() - 1));
            else
                text.add(line);
    }
    return page + ".SH SEE ALSO\nThe guide for authors of plugins: plugin\\-api/README.md in the sources.\n";
}

void add_man_page(CLI::App& app) {
    app.add_subcommand("man", "Print the manual page")->group("")->callback([&app] {
        fmt::print("{}", man_page(describe(app), UDF_HOST_VERSION));
    });
}

}  // namespace cli
