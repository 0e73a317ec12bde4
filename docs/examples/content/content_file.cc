// usage: content_file seal KEY-FILE IN OUT       at the vendor's: KEY-FILE is what holdfast-vendor key export wrote
//        content_file open SOCKET PRODUCT NAME IN OUT    at the customer's, in the application: the agent on SOCKET is asked for the key
//
// An example of what content keys are for; copy from it what you need. A sealed file is a nonce of 12 octets, the content
// encrypted with AES-256-GCM, and the tag of 16 octets. One key may seal some billion files: the nonce is random. The tag is
// verified before anything is written, so content that was altered, or a key that is not the vendor's, opens nothing.
//
// Build: g++ -std=c++17 content_file.cc -lcrypto -o content_file. Needs OpenSSL and nlohmann/json. Exit code 3: the license denies the
// key.
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

namespace {

using Json = nlohmann::json;
constexpr int kKeySize = 32, kNonceSize = 12, kTagSize = 16;

struct Denied : std::runtime_error {
  using std::runtime_error::runtime_error;
};

void Must(bool done, const std::string& what) {
  if (!done) throw std::runtime_error(what);
}

// The key, for as long as it is needed.
class Key {
 public:
  explicit Key(const std::string& octets) {
    Must(octets.size() == kKeySize, "the key has not 32 octets");
    memcpy(octets_, octets.data(), kKeySize);
  }
  ~Key() { OPENSSL_cleanse(octets_, kKeySize); }
  Key(const Key&) = delete;
  const unsigned char* data() const { return octets_; }

 private:
  unsigned char octets_[kKeySize];
};

std::string ReadAll(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  Must(in.is_open(), path + " cannot be read");
  return {std::istreambuf_iterator<char>(in), {}};
}

void WriteAll(const std::string& path, const std::string& content) {
  std::ofstream out(path, std::ios::binary);
  Must(bool(out.write(content.data(), std::streamsize(content.size())).flush()), path + " cannot be written");
}

// One line to the agent, one line back (docs/local-api.md).
std::string Ask(const std::string& path, const std::string& question) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  Must(path.size() < sizeof address.sun_path, "the socket's path is too long");
  memcpy(address.sun_path, path.c_str(), path.size());
  const int agent = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  std::string answer;
  if (connect(agent, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
      send(agent, question.data(), question.size(), MSG_NOSIGNAL) == ssize_t(question.size())) {
    char buffer[4096];
    ssize_t n = 0;
    while (answer.find('\n') == std::string::npos && (n = recv(agent, buffer, sizeof buffer, 0)) > 0)
      answer.append(buffer, size_t(n));
    OPENSSL_cleanse(buffer, sizeof buffer);
  }
  close(agent);
  Must(!answer.empty(), "the agent does not answer on " + path);
  return answer;
}

std::string Unhex(const std::string& digits) {
  long size = 0;
  const std::unique_ptr<unsigned char, void (*)(void*)> octets(
      OPENSSL_hexstr2buf(digits.c_str(), &size), [](void* p) { OPENSSL_clear_free(p, kKeySize); });
  Must(octets && size == kKeySize, "the agent's key is not one");
  return {reinterpret_cast<const char*>(octets.get()), size_t(size)};
}

// An application always names its product: another vendor's may be installed on the same host.
std::string KeyFromAgent(const std::string& socket, const std::string& product, const std::string& name) {
  const Json question{{"op", "key"}, {"product", product}, {"name", name}};
  const Json answer = Json::parse(Ask(socket, question.dump() + "\n"));
  if (!answer.at("ok")) throw std::runtime_error(answer.at("error").at("message").get<std::string>());
  if (!answer.at("allowed"))
    throw Denied("denied: " + answer.at("reasons").dump() + " " + answer.value("advice", ""));
  return Unhex(answer.at("key").get<std::string>());
}

using Context = std::unique_ptr<EVP_CIPHER_CTX, void (*)(EVP_CIPHER_CTX*)>;

unsigned char* Octets(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}
const unsigned char* Octets(const std::string& text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string Seal(const Key& key, const std::string& content) {
  std::string nonce(kNonceSize, 0), sealed(content.size(), 0), tag(kTagSize, 0);
  Must(RAND_bytes(Octets(nonce), kNonceSize) == 1, "no random numbers");
  const Context c(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  int n = 0;
  Must(c && EVP_EncryptInit_ex(c.get(), EVP_aes_256_gcm(), nullptr, key.data(), Octets(nonce)) == 1 &&
           EVP_EncryptUpdate(c.get(), Octets(sealed), &n, Octets(content), int(content.size())) == 1 &&
           EVP_EncryptFinal_ex(c.get(), nullptr, &n) == 1 &&
           EVP_CIPHER_CTX_ctrl(c.get(), EVP_CTRL_GCM_GET_TAG, kTagSize, Octets(tag)) == 1,
       "encryption failed");
  return nonce + sealed + tag;
}

std::string Open(const Key& key, const std::string& sealed) {
  Must(sealed.size() >= size_t(kNonceSize + kTagSize), "the file is too short");
  const std::string nonce = sealed.substr(0, kNonceSize);
  std::string tag = sealed.substr(sealed.size() - kTagSize);
  const std::string inside = sealed.substr(kNonceSize, sealed.size() - kNonceSize - kTagSize);
  std::string content(inside.size(), 0);
  const Context c(EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free);
  int n = 0;
  Must(c && EVP_DecryptInit_ex(c.get(), EVP_aes_256_gcm(), nullptr, key.data(), Octets(nonce)) == 1 &&
           EVP_DecryptUpdate(c.get(), Octets(content), &n, Octets(inside), int(inside.size())) == 1 &&
           EVP_CIPHER_CTX_ctrl(c.get(), EVP_CTRL_GCM_SET_TAG, kTagSize, Octets(tag)) == 1 &&
           EVP_DecryptFinal_ex(c.get(), nullptr, &n) == 1,
       "the file was altered, or sealed with another key");
  return content;
}

}  // namespace

int main(int argc, char** argv) try {
  const std::string what = argc > 1 ? argv[1] : "";
  if (what == "seal" && argc == 5) {
    WriteAll(argv[4], Seal(Key(ReadAll(argv[2])), ReadAll(argv[3])));
  } else if (what == "open" && argc == 7) {
    WriteAll(argv[6], Open(Key(KeyFromAgent(argv[2], argv[3], argv[4])), ReadAll(argv[5])));
  } else {
    std::cerr << "usage: content_file seal KEY-FILE IN OUT | open SOCKET PRODUCT NAME IN OUT\n";
    return 2;
  }
  return 0;
} catch (const Denied& denied) {
  std::cerr << "content_file: " << denied.what() << "\n";
  return 3;
} catch (const std::exception& error) {
  std::cerr << "content_file: " << error.what() << "\n";
  return 1;
}
