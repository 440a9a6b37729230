/** Directories under which all of the above lie: reading or writing all of one is reading or writing those. */
export const ROOTS: RegExp =
  /^(?:\/|~[\w.-]*|\/root|\/home(?:\/[^/]+)?|\/users(?:\/[^/]+)?|\/etc|\/var|\/usr|\/proc|\/dev|\/run|\/boot|\/opt|\/mnt|\/private(?:\/etc|\/var)?|\/host)$/;

/** Places to which writing changes nothing that stays. */
export const HARMLESS_DEVICES: RegExp = /^\/dev\/(?:null|stdout|stderr|stdin|tty|zero|full|fd\/\d+)$/;
