/** The kernels of one instruction set, gathered for the dispatcher. LEGATO_TABLE names the function that hands them out. */
#include "kernel_table.h"

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
int panelColumns();
void packCodes(const float*, int, int, float*);
void similarities(const Codes&, const float*, int, int, float*, float*);
void nearestCodes(const float*, int, int, int, int32_t*, float*);
void cosines(const Codes&, const float*, const float*, int, float, float*, float*);
void softmaxRows(float*, int, int, int, float, double*);
void similarityGradient(const BalanceTerms&, float*, int, int, const int32_t*);
int codeGradientScratch();
void codeGradient(const Codes&, const float*, int, int, const float*, const float*, float*, float*);
void upsampledArgmax(const float*, int, int, int, int, int, int, int, int, float*, uint8_t*);
void packLayer(const float*, int, int, float*, float*);
void networkForward(const Network&, int, const NetworkRows&);
void networkBackward(const Network&, int, const NetworkRows&, const NetworkRows&, const NetworkSums&, bool);
void softmaxLogits(float*, int, int, int, int32_t*, float*);
void largestEntries(const float*, int, int, int, uint8_t*, float*);
void weightedSums(const float*, int, const float*, int, float*);
int sampleLanes();
void tileWeights(const TileJob&, const int32_t*, int, float, uint32_t*, float*, int32_t*);
int tileComposite(const TileJob&, const int32_t*, int, const float*, const float*, float*, uint32_t*, float*);
void tileScatter(const uint32_t*, const float*, int, const float*, float*);
void uncertainties(const float*, int, int, float*);
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
      LEGATO_ISA::panelColumns,
      LEGATO_ISA::packCodes,
      LEGATO_ISA::similarities,
      LEGATO_ISA::nearestCodes,
      LEGATO_ISA::cosines,
      LEGATO_ISA::softmaxRows,
      LEGATO_ISA::similarityGradient,
      LEGATO_ISA::codeGradientScratch,
      LEGATO_ISA::codeGradient,
      LEGATO_ISA::upsampledArgmax,
      LEGATO_ISA::packLayer,
      LEGATO_ISA::networkForward,
      LEGATO_ISA::networkBackward,
      LEGATO_ISA::softmaxLogits,
      LEGATO_ISA::largestEntries,
      LEGATO_ISA::weightedSums,
      LEGATO_ISA::sampleLanes,
      LEGATO_ISA::tileWeights,
      LEGATO_ISA::tileComposite,
      LEGATO_ISA::tileScatter,
      LEGATO_ISA::uncertainties,
      LEGATO_ISA::multiplyAdds,
      LEGATO_ISA::streamRead,
  };
  return &table;
}

}  // namespace legato
