// What kernels.cu needs of CUDA, on a CPU: each thread of a block is a fiber, barriers switch
// between them.
//
// Fibers run one at a time, in ascending or descending order between two barriers: a kernel whose
// result depends on that order lacks a barrier. A barrier that some thread of the block (or of the
// warp) never reaches ends the program, as it would hang or worse on a GPU.
#pragma once
#include <ucontext.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <vector>

#define __device__
#define __global__
#define __forceinline__ inline
#define __shared__ static
#define __launch_bounds__(...)

struct alignas(16) uint4 {
  unsigned int x, y, z, w;
};
struct alignas(16) int4 {
  int x, y, z, w;
};
struct alignas(16) float4 {
  float x, y, z, w;
};
struct Index {
  unsigned int x;
};

inline Index blockIdx, threadIdx, blockDim, gridDim;

namespace emulator {

enum class State { ready, at_block_barrier, at_warp_barrier, done };

struct Fiber {
  ucontext_t context;
  State state;
  std::vector<char> stack = std::vector<char>(64 * 1024);
};

inline std::vector<Fiber> fibers;
inline ucontext_t scheduler;
inline const std::function<void()> *body;
inline unsigned int exchanged[1024];

[[noreturn]] inline void fail(const char *why) {
  std::fprintf(stderr, "emulator: %s\n", why);
  std::exit(70);
}

inline void wait(State state) {
  Fiber &fiber = fibers[threadIdx.x];
  fiber.state = state;
  const unsigned int self = threadIdx.x;
  swapcontext(&fiber.context, &scheduler);
  threadIdx.x = self;
}

inline void enter() {
  (*body)();
  fibers[threadIdx.x].state = State::done;
}

// Lets threads first .. end - 1 go on if all of them wait at `barrier`; says whether it did.
inline bool release(std::size_t first, std::size_t end, State barrier) {
  for (std::size_t i = first; i < end; ++i)
    if (fibers[i].state != barrier) return false;
  for (std::size_t i = first; i < end; ++i) fibers[i].state = State::ready;
  return true;
}

inline void run_block(bool backwards) {
  const std::size_t count = fibers.size();
  for (Fiber &fiber : fibers) {
    getcontext(&fiber.context);
    fiber.context.uc_stack.ss_sp = fiber.stack.data();
    fiber.context.uc_stack.ss_size = fiber.stack.size();
    fiber.context.uc_link = &scheduler;
    fiber.state = State::ready;
    makecontext(&fiber.context, enter, 0);
  }
  for (;;) {
    for (std::size_t i = 0; i < count; ++i) {
      threadIdx.x = static_cast<unsigned int>(backwards ? count - 1 - i : i);
      Fiber &fiber = fibers[threadIdx.x];
      if (fiber.state == State::ready) swapcontext(&scheduler, &fiber.context);
    }
    std::size_t done = 0;
    for (const Fiber &fiber : fibers) done += fiber.state == State::done;
    if (done == count) return;
    bool released = release(0, count, State::at_block_barrier);
    for (std::size_t first = 0; first < count; first += 32)
      released |= release(first, first + 32 < count ? first + 32 : count, State::at_warp_barrier);
    if (!released) fail("a barrier that not all threads reach");
  }
}

// Runs a kernel with all its blocks, one after the other.
inline void launch(unsigned int blocks, unsigned int threads, bool backwards,
                   const std::function<void()> &kernel) {
  fibers.resize(threads);
  body = &kernel;
  gridDim.x = blocks;
  blockDim.x = threads;
  for (unsigned int i = 0; i < blocks; ++i) {
    blockIdx.x = backwards ? blocks - 1 - i : i;
    run_block(backwards);
  }
  body = nullptr;
}

}  // namespace emulator

inline void __syncthreads() { emulator::wait(emulator::State::at_block_barrier); }

inline void __syncwarp(unsigned int mask) {
  if (mask != 0xffffffffu) emulator::fail("a part of a warp");
  emulator::wait(emulator::State::at_warp_barrier);
}

inline unsigned int __shfl_xor_sync(unsigned int mask, unsigned int value, int other) {
  emulator::exchanged[threadIdx.x] = value;
  __syncwarp(mask);
  const unsigned int result = emulator::exchanged[threadIdx.x ^ static_cast<unsigned int>(other)];
  __syncwarp(mask);
  return result;
}

inline unsigned int __umulhi(unsigned int a, unsigned int b) {
  return static_cast<unsigned int>((static_cast<std::uint64_t>(a) * b) >> 32);
}

inline unsigned int __float_as_uint(float value) {
  unsigned int bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}
