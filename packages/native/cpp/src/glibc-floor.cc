// Keeps the addon loadable with glibc 2.28: what the C++ runtime, compiled for a newer glibc, asks for beyond that is answered here.
// The packing tool checks the versions that remain. Sanitizers bring a runtime of their own.
#if defined(__GLIBC__) || __has_include(<features.h>)
#include <features.h>
#endif

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__)

#include <pthread.h>

#if defined(__x86_64__)
#define SNAPFIT_OLDEST "GLIBC_2.2.5"
#elif defined(__aarch64__)
#define SNAPFIT_OLDEST "GLIBC_2.17"
#endif

__asm__(".symver snapfitOldOnce, pthread_once@" SNAPFIT_OLDEST);
__asm__(".symver snapfitOldKeyCreate, pthread_key_create@" SNAPFIT_OLDEST);

extern "C" {

int snapfitOldOnce(pthread_once_t* control, void (*initialize)());
int snapfitOldKeyCreate(pthread_key_t* key, void (*destroy)(void*));

// Since glibc 2.32. Zero: reference counts are always atomic.
__attribute__((visibility("hidden"))) char __libc_single_threaded = 0;

// Moved between libraries in 2.34, which gave them new versions.
__attribute__((visibility("hidden"))) int pthread_once(pthread_once_t* control, void (*initialize)()) { return snapfitOldOnce(control, initialize); }
__attribute__((visibility("hidden"))) int __pthread_key_create(pthread_key_t* key, void (*destroy)(void*)) { return snapfitOldKeyCreate(key, destroy); }
}

#endif
