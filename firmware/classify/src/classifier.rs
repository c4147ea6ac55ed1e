//! Bytes in, answers out.

use crate::protocol::{ANSWER, ANSWER_FRAME, CHECKSUM, CLASSIFIED, INPUTS, Refusal};
use crate::quantized;
use cobs::{DecodeResult, DecoderState};
use core::array;
use crc::{CRC_32_ISCSI, Crc, NoTable};
use dense_core::{Batch, quant};

/// CRC-32C. A table would make it faster, and be a kilobyte.
pub const CRC_32C: Crc<u32, NoTable> = Crc::<u32, NoTable>::new(&CRC_32_ISCSI);

/// The device's side of the line.
#[derive(Debug)]
pub struct Classifier {
    state: DecoderState,
    /// Decoded bytes of the image and of its checksum, as far as received.
    decoded: [u8; INPUTS + CHECKSUM],
    /// How many bytes that is.
    length: usize,
    /// Where in a frame the line is.
    progress: Progress,
    answer: [u8; ANSWER_FRAME],
}

#[derive(Clone, Copy, Debug)]
enum Progress {
    Between,
    Within,
    Broken(Refusal),
}

impl Classifier {
    /// Before the first byte.
    #[must_use]
    pub const fn new() -> Self {
        Self { state: DecoderState::Idle, decoded: [0; _], length: 0, progress: Progress::Between, answer: [0; _] }
    }

    /// Takes a byte from the line. At the end of a frame, returns the frame to be sent.
    pub fn receive(&mut self, byte: u8) -> Option<&[u8]> {
        if matches!(self.progress, Progress::Between) {
            if byte == 0 {
                return None;
            }
            (self.state, self.length, self.progress) = (DecoderState::Idle, 0, Progress::Within);
        }
        if matches!(self.progress, Progress::Within)
            && let Err(refusal) = self.decode(byte)
        {
            self.progress = Progress::Broken(refusal);
        }
        if byte != 0 {
            return None;
        }
        let result = match self.progress {
            Progress::Broken(refusal) => Err(refusal),
            Progress::Between | Progress::Within => self.classify(),
        };
        self.progress = Progress::Between;
        match result {
            Ok(answer) => self.frame(&answer),
            Err(refusal) => self.frame(&[refusal as u8]),
        }
    }

    fn decode(&mut self, byte: u8) -> Result<(), Refusal> {
        if let DecodeResult::DataContinue(byte) = self.state.feed(byte).map_err(|_| Refusal::Stuffing)? {
            *self.decoded.get_mut(self.length).ok_or(Refusal::Length)? = byte;
            self.length += 1;
        }
        Ok(())
    }

    /// The answer to the image that has arrived.
    fn classify(&mut self) -> Result<[u8; ANSWER], Refusal> {
        if self.length != self.decoded.len() {
            return Err(Refusal::Length);
        }
        let (image, checksum) = self.decoded.split_first_chunk_mut::<INPUTS>().ok_or(Refusal::Length)?;
        if *checksum != CRC_32C.checksum(image).to_le_bytes() {
            return Err(Refusal::Checksum);
        }
        // The next image takes the place of this one, pixel by pixel.
        quantized::prepare(image);
        let mut sums = [[0; _]];
        // One image is a batch, and there is room for its sums.
        Batch::new(array::from_ref(image))
            .and_then(|batch| quantized::MODEL.forward(batch, &mut sums))
            .map_err(|_| Refusal::Length)?;
        let [sums] = sums;
        let logits = quantized::MODEL.fixed_logits(&sums);
        let mut answer = [0; ANSWER];
        let [kind, class, probabilities @ ..] = &mut answer;
        (*kind, *class) = (CLASSIFIED, quant::argmax(&logits) as u8);
        for (bytes, probability) in probabilities.as_chunks_mut().0.iter_mut().zip(quant::softmax(&logits)) {
            *bytes = probability.to_le_bytes();
        }
        Ok(answer)
    }

    /// The frame around an answer.
    fn frame(&mut self, message: &[u8]) -> Option<&[u8]> {
        let mut encoder = cobs::CobsEncoder::new(&mut self.answer);
        encoder.push(message).and_then(|()| encoder.push(&CRC_32C.checksum(message).to_le_bytes())).ok()?;
        let length = encoder.finalize();
        *self.answer.get_mut(length)? = 0;
        self.answer.get(..=length)
    }
}

impl Default for Classifier {
    fn default() -> Self {
        Self::new()
    }
}
