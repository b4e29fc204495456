#pragma once
// For SHA1_Init and the like: OpenSSL 3 would rather have them called through EVP, which costs more than the hash of a small
// record does. They are the same code, with the same instructions of the processor.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>
