/** Volumes of fused depth, as JavaScript objects. */
#include <algorithm>

#include "arguments.h"
#include "volume.h"

namespace legato {

namespace {

Observation observationOf(const Napi::Object& o) {
  Observation v{};
  v.width = whole(o, "width", 1, kMaxSide);
  v.height = whole(o, "height", 1, kMaxSide);
  v.fx = static_cast<float>(number(o, "fx"));
  v.fy = static_cast<float>(number(o, "fy"));
  v.cx = static_cast<float>(number(o, "cx"));
  v.cy = static_cast<float>(number(o, "cy"));
  v.weight = static_cast<float>(number(o, "weight"));
  const Napi::Object pose = o.Get("worldToCamera").As<Napi::Object>();
  for (uint32_t i = 0; i < 12; i++) {
    v.pose[i] = pose.Get(i).ToNumber().FloatValue();
    if (!std::isfinite(v.pose[i])) refuse(o.Env(), "worldToCamera must hold 16 finite numbers, row by row");
  }
  const size_t pixels = static_cast<size_t>(v.width) * v.height;
  v.depth = floatsOf(o.Get("depth"), "depth", pixels).data;
  v.confidence = floatsOf(o.Get("confidence"), "confidence", pixels).data;
  v.rgb = floatsOf(o.Get("rgb"), "rgb", 3 * pixels).data;
  v.uncertainty = floatsOf(o.Get("uncertainty"), "uncertainty", pixels).data;
  v.labels = shortsOf(o.Get("labels"), "labels", pixels);
  return v;
}

class VolumeObject : public Napi::ObjectWrap<VolumeObject> {
 public:
  static Napi::Function define(Napi::Env env) {
    return DefineClass(env, "Volume",
                       {InstanceMethod("integrate", &VolumeObject::integrate), InstanceMethod("march", &VolumeObject::march),
                        InstanceMethod("read", &VolumeObject::read), InstanceMethod("blocks", &VolumeObject::blocks),
                        InstanceMethod("memoryBytes", &VolumeObject::memoryBytes), InstanceMethod("release", &VolumeObject::release)});
  }
  /** new Volume({ voxel, truncation, maxBlocks }) in world units */
  explicit VolumeObject(const Napi::CallbackInfo& info) : Napi::ObjectWrap<VolumeObject>(info) {
    const Napi::Object o = info[0].As<Napi::Object>();
    const double voxel = number(o, "voxel"), truncation = number(o, "truncation");
    if (!(voxel > 0) || !(truncation >= voxel)) refuse(info.Env(), "voxel must be positive, and truncation no smaller");
    volume_ = std::make_unique<Volume>(static_cast<float>(voxel), static_cast<float>(truncation), whole(o, "maxBlocks", 1, 1 << 24));
  }

 private:
  Napi::Value integrate(const Napi::CallbackInfo& info) {
    const Observation view = observationOf(info[0].As<Napi::Object>());
    guarded(info.Env(), [&] { live(info.Env()).integrate(view); });
    return info.Env().Undefined();
  }

  /** march(table, leastWeight) → { positions, colours, uncertainties, labels, triangles } */
  Napi::Value march(const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    const uint8_t* table = bytesOf(info[0], "table", 256 * kTableRow);
    for (int row = 0; row < 256; row++) {
      const uint8_t* r = table + row * kTableRow;
      if (3 * r[0] >= kTableRow || std::any_of(r + 1, r + 1 + 3 * r[0], [](uint8_t e) { return e >= kCellEdges; }))
        refuse(env, "table: case " + std::to_string(row) + " names an edge that no cell has");
    }
    const float least = info[1].ToNumber().FloatValue();
    SurfaceMesh mesh;
    guarded(env, [&] { live(env).march(table, least, mesh); });
    Napi::Object out = Napi::Object::New(env);
    out.Set("positions", floatArray(env, mesh.positions));
    out.Set("colours", floatArray(env, mesh.colours));
    out.Set("uncertainties", floatArray(env, mesh.uncertainties));
    auto labels = Napi::Uint16Array::New(env, mesh.labels.size());
    std::copy(mesh.labels.begin(), mesh.labels.end(), labels.Data());
    out.Set("labels", labels);
    auto triangles = Napi::Uint32Array::New(env, mesh.triangles.size());
    std::copy(mesh.triangles.begin(), mesh.triangles.end(), triangles.Data());
    out.Set("triangles", triangles);
    return out;
  }

  /** Copies of all voxels, block by block. */
  Napi::Value read(const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    const auto& blocks = live(env).blocks();
    const size_t voxels = blocks.size() * kBlockVoxels;
    auto keys = Napi::Int32Array::New(env, blocks.size() * 3);
    auto distance = Napi::Float32Array::New(env, voxels), weight = Napi::Float32Array::New(env, voxels),
         uncertainty = Napi::Float32Array::New(env, voxels), colour = Napi::Float32Array::New(env, 3 * voxels),
         votes = Napi::Float32Array::New(env, kVoxelLabels * voxels);
    auto labels = Napi::Uint16Array::New(env, kVoxelLabels * voxels);
    for (size_t b = 0; b < blocks.size(); b++) {
      const VoxelBlock& block = *blocks[b];
      const size_t at = b * kBlockVoxels;
      std::copy_n(block.key, 3, keys.Data() + 3 * b);
      std::copy_n(block.distance, kBlockVoxels, distance.Data() + at);
      std::copy_n(block.weight, kBlockVoxels, weight.Data() + at);
      std::copy_n(block.uncertainty, kBlockVoxels, uncertainty.Data() + at);
      std::copy_n(block.colour[0], 3 * kBlockVoxels, colour.Data() + 3 * at);
      std::copy_n(block.votes[0], kVoxelLabels * kBlockVoxels, votes.Data() + kVoxelLabels * at);
      std::copy_n(block.labels[0], kVoxelLabels * kBlockVoxels, labels.Data() + kVoxelLabels * at);
    }
    Napi::Object out = Napi::Object::New(env);
    out.Set("keys", keys);
    out.Set("distance", distance);
    out.Set("weight", weight);
    out.Set("uncertainty", uncertainty);
    out.Set("colour", colour);
    out.Set("votes", votes);
    out.Set("labels", labels);
    return out;
  }

  Napi::Value blocks(const Napi::CallbackInfo& info) {
    return Napi::Number::New(info.Env(), volume_ ? static_cast<double>(volume_->blocks().size()) : 0);
  }

  Napi::Value memoryBytes(const Napi::CallbackInfo& info) {
    return Napi::Number::New(info.Env(), volume_ ? static_cast<double>(volume_->memoryBytes()) : 0);
  }

  /** Gives the memory back without waiting for the garbage collector, which does not see it. */
  Napi::Value release(const Napi::CallbackInfo& info) {
    volume_.reset();
    return info.Env().Undefined();
  }

  static Napi::Float32Array floatArray(Napi::Env env, const std::vector<float>& values) {
    auto array = Napi::Float32Array::New(env, values.size());
    std::copy(values.begin(), values.end(), array.Data());
    return array;
  }

  Volume& live(Napi::Env env) {
    if (!volume_) refuse(env, "this volume was released");
    return *volume_;
  }

  std::unique_ptr<Volume> volume_;
};

}  // namespace

void exportVolume(Napi::Env env, Napi::Object exports) { exports.Set("Volume", VolumeObject::define(env)); }

}  // namespace legato
