// The same in C++, where handles free themselves:
//
//     c++ -o lookup lookup.cpp $(pkg-config --cflags --libs nameplate)
//     ./lookup nameplate.npl 192.0.2.1 2001:db8::1

#include <cstdint>
#include <iostream>
#include <memory>
#include <nameplate.h>
#include <stdexcept>
#include <string>

namespace {

struct Close {
    void operator()(nameplate_db_t *db) const { nameplate_close(db); }
    void operator()(nameplate_snapshot_t *snapshot) const { nameplate_snapshot_free(snapshot); }
};

using Database = std::unique_ptr<nameplate_db_t, Close>;
using Snapshot = std::unique_ptr<nameplate_snapshot_t, Close>;

void check(std::uint32_t status) {
    if (status != NAMEPLATE_OK) {
        throw std::runtime_error(nameplate_status_text(status));
    }
}

Database open(const char *path) {
    nameplate_db_t *db = nullptr;
    nameplate_error_t error{};
    error.size = sizeof error;
    if (nameplate_open(path, nullptr, &error, &db) != NAMEPLATE_OK) {
        throw std::runtime_error(error.text);
    }
    return Database(db);
}

// A snapshot outlives its database, so the order in which the two go does not matter.
Snapshot snapshot_of(const Database &db) {
    nameplate_snapshot_t *snapshot = nullptr;
    check(nameplate_snapshot(db.get(), &snapshot));
    return Snapshot(snapshot);
}

std::string json_of(const Snapshot &snapshot, const std::string &address) {
    nameplate_hit_t hit;
    check(nameplate_lookup(snapshot.get(), address.data(), address.size(), &hit));
    std::size_t length = 0;
    check(nameplate_json(snapshot.get(), &hit, nullptr, 0, &length));
    std::string json(length + 1, '\0');
    check(nameplate_json(snapshot.get(), &hit, &json[0], json.size(), &length));
    json.resize(length);
    return json;
}

} // namespace

int main(int count, char **arguments) {
    if (count < 2) {
        std::cerr << "usage: " << arguments[0] << " FILE ADDRESS...\n";
        return 2;
    }
    try {
        const Snapshot snapshot = snapshot_of(open(arguments[1]));
        for (int place = 2; place < count; place++) {
            std::cout << json_of(snapshot, arguments[place]) << '\n';
        }
        return 0;
    } catch (const std::exception &error) {
        std::cerr << error.what() << '\n';
        return 1;
    }
}
