export default {
  // Native code can't be bundled.
  serverExternalPackages: ['nameplate'],
};
