/** The page's one gateway. The stores take it from here, so that a test can hand them another. */
import { openGateway } from './index';
import type { Gateway } from './gateway';

let made: Gateway | null = null;

export function useGateway(): Gateway {
  made ??= openGateway();
  return made;
}

export function setGateway(gateway: Gateway): void {
  made = gateway;
}
