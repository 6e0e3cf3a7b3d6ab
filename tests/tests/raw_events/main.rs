//! What a function is given by Lambda, byte for byte, and what it then says, to the built programs: events that no client
//! would send, starts that fail, and parties that never answer.

mod expired;
mod hanging;
mod odd;
mod requests;
mod schedule;
mod starts;
mod world;
