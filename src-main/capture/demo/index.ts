/** The demo room: a place that one may label without a camera, with exact truth. */
export { roomCameras, lookAt, type PhotoSize } from './cameras';
export * from './catalogue';
export {
  cachedDemo,
  defaultDemo,
  demoCapture,
  demoLimits,
  makeDemo,
  type DemoOptions,
  type DemoProgress,
  type MakeDemo,
} from './demoCapture';
export { renderRoom, type RenderRoomOptions, type RoomView } from './renderRoom';
export { buildRoom, type Room, type RoomInstance, type RoomOptions } from './room';
export { readTruth, truthMap, truthPoints, type DemoTruth } from './truth';
