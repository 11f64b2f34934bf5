// Files for loader tests: a directory of the test's own, fixtures copied into it, and plugins that are only a note.
#pragma once

#include <elf.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weir::plugin::testing {

class TempDir {
  public:
    TempDir() {
        std::string name = (std::filesystem::temp_directory_path() / "weir-plugin-XXXXXX").string();
        EXPECT_NE(::mkdtemp(name.data()), nullptr);
        path_ = name;
    }
    TempDir(const TempDir&) = delete;
    TempDir& operator=(const TempDir&) = delete;
    ~TempDir() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

    std::filesystem::path write(const std::string& name, std::string_view bytes) const {
        const auto file = path_ / name;
        std::ofstream(file, std::ios::binary | std::ios::trunc)
            .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
        EXPECT_EQ(::chmod(file.c_str(), 0644), 0);
        return file;
    }

  private:
    std::filesystem::path path_;
};

inline std::string read_file(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    EXPECT_TRUE(in.good()) << path;
    std::ostringstream all;
    all << in.rdbuf();
    return std::move(all).str();
}

inline std::string manifest_json(std::string_view id, std::string_view version, int major = 1, int min_host = 0,
                                 std::string_view summary = "for a test") {
    return "{\"manifest\":1,\"id\":\"" + std::string(id) + "\",\"version\":\"" + std::string(version) +
           "\",\"abi\":{\"major\":" + std::to_string(major) + ",\"minor\":" + std::to_string(min_host) +
           ",\"min_host_minor\":" + std::to_string(min_host) + "},\"licence\":\"Apache-2.0\",\"summary\":\"" +
           std::string(summary) +
           "\",\"components\":[{\"name\":\"echo\",\"kind\":\"transform\",\"config\":{\"type\":\"object\"}}]}";
}

// The smallest file read_manifest_note() accepts: header, note, section names, three section headers.
inline std::string elf_with_note(std::string_view manifest) {
    const auto append = [](std::string& to, const auto& value) {
        to.append(reinterpret_cast<const char*>(&value), sizeof value);
    };
    std::string note;
    append(note, Elf64_Nhdr{5, static_cast<Elf64_Word>(manifest.size()), 1});
    note += std::string_view("weir\0\0\0\0", 8);
    note += manifest;
    note.resize((note.size() + 7) & ~std::size_t{7});
    const std::string names("\0.note.weir\0.shstrtab\0\0", 24);

    Elf64_Ehdr header{};
    std::memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_ident[EI_VERSION] = EV_CURRENT;
    header.e_type = ET_DYN;
#if defined(__x86_64__)
    header.e_machine = EM_X86_64;
#else
    header.e_machine = EM_AARCH64;
#endif
    header.e_shoff = sizeof header + note.size() + names.size();
    header.e_shentsize = sizeof(Elf64_Shdr);
    header.e_shnum = 3;
    header.e_shstrndx = 2;
    Elf64_Shdr sections[3]{};
    sections[1].sh_name = 1;
    sections[1].sh_type = SHT_NOTE;
    sections[1].sh_offset = sizeof header;
    sections[1].sh_size = note.size();
    sections[2].sh_name = 12;
    sections[2].sh_type = SHT_STRTAB;
    sections[2].sh_offset = sizeof header + note.size();
    sections[2].sh_size = names.size();

    std::string file;
    append(file, header);
    file += note;
    file += names;
    append(file, sections);
    return file;
}

#ifdef WEIR_FIXTURES
inline std::string fixture(const std::string& name) {
    return read_file(std::filesystem::path(WEIR_FIXTURES) / (name + ".so"));
}
#endif

}  // namespace weir::plugin::testing
