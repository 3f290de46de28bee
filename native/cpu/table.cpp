/** The kernels of one instruction set, gathered for the dispatcher. LEGATO_TABLE names the function that hands them out. */
#include "render_types.h"

namespace legato {
namespace LEGATO_ISA {

ChunkReport project(const View&, const ChannelPlan&, const Parameters&, int, int, Splat2D*, float*);
int blendScratch(const ChannelPlan&);
int blend(const TileJob&, float*, float*);
int gradientScratch(const ChannelPlan&);
void blendGradient(const TileJob&, const float*, const float*, float*);
void projectGradient(const View&, const ChannelPlan&, const Parameters&, const Splat2D*, const float*, const float* const*, int, int,
                     int, float*, float*, float*, float*);
int photometricScratch(int);
double photometricRows(const Photometric&, int, int, int, float*);
void adam(const AdamArgs&, int, int);
void photoToPlanes(const uint8_t*, int, float*, int, int);
double multiplyAdds(int, float*);
void streamRead(const float*, size_t, float*);

}  // namespace LEGATO_ISA

#define LEGATO_TEXT2(x) #x
#define LEGATO_TEXT(x) LEGATO_TEXT2(x)

const KernelTable* LEGATO_TABLE() {
  static const KernelTable table = {
      LEGATO_TEXT(LEGATO_ISA),
      LEGATO_ISA::project,
      LEGATO_ISA::blendScratch,
      LEGATO_ISA::blend,
      LEGATO_ISA::gradientScratch,
      LEGATO_ISA::blendGradient,
      LEGATO_ISA::projectGradient,
      LEGATO_ISA::photometricScratch,
      LEGATO_ISA::photometricRows,
      LEGATO_ISA::adam,
      LEGATO_ISA::photoToPlanes,
      LEGATO_ISA::multiplyAdds,
      LEGATO_ISA::streamRead,
  };
  return &table;
}

}  // namespace legato
