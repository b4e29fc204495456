#pragma once
// For SHA1_Init and the like: OpenSSL 3 would rather have them called through EVP, which costs more than the hash of a small
// record does. They are the same code, with the same instructions of the processor.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/evp.h>
#include <openssl/sha.h>
