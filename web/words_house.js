// Words for those who look after a server: moderators and admins.

export const HOUSE = {
  en: {},
  fr: {},
};
