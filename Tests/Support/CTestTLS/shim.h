#pragma once
#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
