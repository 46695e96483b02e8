//! The brand's colour on light and on dark: as bright or as dark as it must be so that whoever sees little
//! can read it (WCAG 2.2, 1.4.3), and otherwise as it was chosen. Lightness is changed in OKLCH, in which
//! hue and chroma stay what they look like.

use std::fmt;

/// The contrast of text, level AA.
const READABLE: f64 = 4.5;

/// The step in which lightness is tried, a fifth of what an eye can tell.
const STEP: f64 = 0.004;

/// How much lighter or darker the accent is under the pointer.
const STRONGER: f64 = 0.07;

/// A colour of sRGB, as `#rrggbb` writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rgb([u8; 3]);

/// The accent and what goes with it, by the tokens of the style sheet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Accent {
    /// Links, buttons, marks.
    pub accent: Rgb,
    /// The same under the pointer.
    pub strong: Rgb,
    /// A breath of it, as a background.
    pub wash: Rgb,
    /// Text on it.
    pub on: Rgb,
}

/// What the accent stands on, in one of the two schemes.
#[derive(Clone, Debug)]
pub struct Ground {
    backgrounds: Vec<Rgb>,
    is_dark: bool,
}

impl Rgb {
    /// Reads `#rrggbb`.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#')?;
        if digits.len() != 6 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let [_, red, green, blue] = u32::from_str_radix(digits, 16).ok()?.to_be_bytes();
        Some(Self([red, green, blue]))
    }

    /// The contrast of two colours, 1 to 21 (WCAG 2.2, "contrast ratio").
    pub fn contrast(self, other: Self) -> f64 {
        let (one, other) = (self.luminance(), other.luminance());
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    fn luminance(self) -> f64 {
        let [red, green, blue] = self.linear();
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    fn linear(self) -> [f64; 3] {
        self.0.map(|byte| {
            let value = f64::from(byte) / 255.0;
            if value <= 0.04045 {
                value / 12.92
            } else {
                ((value + 0.055) / 1.055).powf(2.4)
            }
        })
    }
}

impl fmt::Display for Rgb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [red, green, blue] = self.0;
        write!(f, "#{red:02x}{green:02x}{blue:02x}")
    }
}

impl Ground {
    /// Light backgrounds.
    pub fn light(backgrounds: Vec<Rgb>) -> Self {
        Self {
            backgrounds,
            is_dark: false,
        }
    }

    /// Dark backgrounds.
    pub fn dark(backgrounds: Vec<Rgb>) -> Self {
        Self {
            backgrounds,
            is_dark: true,
        }
    }

    fn is_readable(&self, color: Rgb, wash: Rgb) -> bool {
        let mut all = self.backgrounds.iter().chain([&wash]);
        all.all(|background| color.contrast(*background) >= READABLE)
    }
}

impl Accent {
    /// The accent nearest to `color` that can be read on every background, with what goes with it.
    pub fn on(ground: &Ground, color: Rgb) -> Self {
        let chosen = Oklch::from(color);
        let wash = if ground.is_dark {
            chosen.at(0.27, 0.045)
        } else {
            chosen.at(0.965, 0.018)
        };
        let towards = if ground.is_dark { STEP } else { -STEP };
        let mut lightness = chosen.lightness;
        let mut accent = color;
        // Black and white can be read on every light and every dark ground, so this ends.
        while !ground.is_readable(accent, wash) && (0.0..=1.0).contains(&lightness) {
            lightness += towards;
            accent = chosen.at(lightness, chosen.chroma);
        }
        Self {
            accent,
            strong: stronger(ground, chosen, lightness),
            wash,
            on: if ground.is_dark {
                chosen.at(0.19, 0.045)
            } else {
                Rgb([255; 3])
            },
        }
    }
}

/// Further from the ground; back a little where nothing is further.
fn stronger(ground: &Ground, chosen: Oklch, lightness: f64) -> Rgb {
    let lightness = match (ground.is_dark, lightness) {
        (true, light) if light > 0.95 => light - STRONGER,
        (true, light) => light + STRONGER * 0.6,
        (false, light) if light < 0.2 => light + 2.0 * STRONGER,
        (false, light) => light - STRONGER,
    };
    chosen.at(lightness, chosen.chroma)
}

/// A colour of OKLCH (bottosson.github.io/posts/oklab).
#[derive(Clone, Copy)]
struct Oklch {
    lightness: f64,
    chroma: f64,
    hue: f64,
}

impl Oklch {
    /// This hue with another lightness, and a chroma of at most `chroma`: as much as sRGB has there.
    fn at(self, lightness: f64, chroma: f64) -> Rgb {
        let lightness = lightness.clamp(0.0, 1.0);
        let with = |chroma| Self {
            lightness,
            chroma,
            hue: self.hue,
        };
        let (mut inside, mut outside) = (0.0, self.chroma.min(chroma));
        if let Some(rgb) = with(outside).to_rgb() {
            return rgb;
        }
        let mut best = None;
        // Each round halves what is uncertain; sixteen leave less than a step of eight bits.
        for _ in 0..16 {
            let middle = f64::midpoint(inside, outside);
            match with(middle).to_rgb() {
                Some(rgb) => (inside, best) = (middle, Some(rgb)),
                None => outside = middle,
            }
        }
        let grey = if lightness > 0.5 { [255; 3] } else { [0; 3] };
        best.or_else(|| with(0.0).to_rgb()).unwrap_or(Rgb(grey))
    }

    /// None where sRGB has no such colour.
    fn to_rgb(self) -> Option<Rgb> {
        let (a, b) = (self.chroma * self.hue.cos(), self.chroma * self.hue.sin());
        let long = (self.lightness + 0.396_337_777_4 * a + 0.215_803_757_3 * b).powi(3);
        let medium = (self.lightness - 0.105_561_345_8 * a - 0.063_854_172_8 * b).powi(3);
        let short = (self.lightness - 0.089_484_177_5 * a - 1.291_485_548_0 * b).powi(3);
        let linear = [
            4.076_741_662_1 * long - 3.307_711_591_3 * medium + 0.230_969_929_2 * short,
            -1.268_438_004_6 * long + 2.609_757_401_1 * medium - 0.341_319_396_5 * short,
            -0.004_196_086_3 * long - 0.703_418_614_7 * medium + 1.707_614_701_0 * short,
        ];
        // What rounding would set right is inside.
        let tolerance = 0.000_5;
        if linear
            .iter()
            .any(|value| !(-tolerance..=1.0 + tolerance).contains(value))
        {
            return None;
        }
        Some(Rgb(linear.map(|value| {
            let value = value.clamp(0.0, 1.0);
            let encoded = if value <= 0.003_130_8 {
                12.92 * value
            } else {
                1.055 * value.powf(1.0 / 2.4) - 0.055
            };
            eight_bits(encoded)
        })))
    }
}

impl From<Rgb> for Oklch {
    fn from(color: Rgb) -> Self {
        let [red, green, blue] = color.linear();
        let long = 0.412_221_470_8 * red + 0.536_332_536_3 * green + 0.051_445_992_9 * blue;
        let medium = 0.211_903_498_2 * red + 0.680_699_545_1 * green + 0.107_396_956_6 * blue;
        let short = 0.088_302_461_9 * red + 0.281_718_837_6 * green + 0.629_978_700_5 * blue;
        let (long, medium, short) = (long.cbrt(), medium.cbrt(), short.cbrt());
        let a = 1.977_998_495_1 * long - 2.428_592_205_0 * medium + 0.450_593_709_9 * short;
        let b = 0.025_904_037_1 * long + 0.782_771_766_2 * medium - 0.808_675_766_0 * short;
        Self {
            lightness: 0.210_454_255_3 * long + 0.793_617_785_0 * medium - 0.004_072_046_8 * short,
            chroma: a.hypot(b),
            hue: b.atan2(a),
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "0 to 255, rounded: nothing is lost"
)]
fn eight_bits(share: f64) -> u8 {
    (share * 255.0).round() as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rgb(text: &str) -> Rgb {
        Rgb::parse(text).unwrap()
    }

    /// Every sixteenth value of each part, and the brightest.
    fn many_colors() -> impl Iterator<Item = Rgb> {
        let values = || (0..=255).step_by(17);
        values().flat_map(move |red| {
            values().flat_map(move |green| values().map(move |blue| Rgb([red, green, blue])))
        })
    }

    #[test]
    fn contrast_is_that_of_wcag() {
        let near = |one: &str, other: &str, expected: f64| {
            let contrast = rgb(one).contrast(rgb(other));
            assert!(
                (contrast - expected).abs() < 0.01,
                "{one} {other}: {contrast}"
            );
        };
        near("#000000", "#ffffff", 21.0);
        near("#777777", "#ffffff", 4.48);
        near("#0000ff", "#ffffff", 8.59);
        near("#123456", "#123456", 1.0);
    }

    #[test]
    fn a_color_is_what_it_was_after_going_through_oklch() {
        for color in many_colors() {
            let there = Oklch::from(color);
            assert_eq!(there.at(there.lightness, there.chroma), color, "{color}");
        }
    }

    #[test]
    fn every_color_can_be_read_on_light_and_on_dark() {
        let light = Ground::light(["#f5f6f9", "#ffffff", "#edeff4"].map(rgb).to_vec());
        let dark = Ground::dark(["#10131a", "#181c25", "#301a1c"].map(rgb).to_vec());
        for color in many_colors() {
            for ground in [&light, &dark] {
                let Accent {
                    accent,
                    strong,
                    wash,
                    on,
                } = Accent::on(ground, color);
                for text in [accent, strong] {
                    for background in ground.backgrounds.iter().chain([&wash]) {
                        let contrast = text.contrast(*background);
                        assert!(
                            contrast >= READABLE,
                            "{color}: {text} on {background}: {contrast}"
                        );
                    }
                    let contrast = on.contrast(text);
                    assert!(contrast >= READABLE, "{color}: {on} on {text}: {contrast}");
                }
                assert_ne!(accent, strong, "{color}");
            }
        }
    }

    #[test]
    fn what_can_be_read_is_left_as_it_is() {
        let light = Ground::light(vec![rgb("#ffffff")]);
        for color in ["#2a3fb0", "#000000", "#a0203c"] {
            assert_eq!(Accent::on(&light, rgb(color)).accent, rgb(color));
        }
        let dark = Ground::dark(vec![rgb("#10131a")]);
        assert_eq!(Accent::on(&dark, rgb("#ffffff")).accent, rgb("#ffffff"));
    }

    #[test]
    fn a_color_keeps_its_hue() {
        let dark = Ground::dark(vec![rgb("#10131a")]);
        for color in ["#aa0000", "#006600", "#0000aa"] {
            let (before, after) = (
                Oklch::from(rgb(color)),
                Oklch::from(Accent::on(&dark, rgb(color)).accent),
            );
            assert!((before.hue - after.hue).abs() < 0.05, "{color}");
            assert!(after.chroma > 0.08, "{color} is not grey");
        }
    }
}
