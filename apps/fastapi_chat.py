# /// script
# requires-python = ">=3.11"
# dependencies = ["fastapi"]
# ///
"""A chat with FastAPI: open it in two tabs, and they talk over WebSockets.

Runs in a browser tab, and as it is with `uvicorn fastapi_chat:app` on a server.
"""

from contextlib import closing
from sqlite3 import connect

from fastapi import FastAPI, WebSocket, WebSocketDisconnect
from fastapi.responses import HTMLResponse

app = FastAPI(title="Chat")
chatting: set[WebSocket] = set()

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Chat</title>
<style>
  body { font: 1rem/1.5 system-ui, sans-serif; max-width: 40rem; margin: auto; padding: 1rem }
</style>
<h1>Chat</h1>
<p>Open this page in a second tab, and write something here. <output id="state"></output></p>
<form>
  <label>Message <input name="text" required autocomplete="off"></label> <button>Send</button>
</form>
<ul></ul>
<script>
  const state = document.getElementById("state");
  const form = document.querySelector("form");
  let socket;

  function connect(note) {
    socket = new WebSocket("ws");
    socket.onopen = () => (state.textContent = note);
    socket.onmessage = ({ data }) => {
      const item = document.createElement("li");
      item.textContent = data;
      document.querySelector("ul").append(item);
    };
    socket.onclose = ({ code }) => {
      document.querySelector("ul").replaceChildren();
      if (code === 1012) connect("The server was restarted; you are connected again.");
      else state.textContent = "The connection has ended. Load the page again.";
    };
  }

  connect("You are connected.");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    socket.send(form.elements.text.value);
    form.reset();
  });
</script>
</html>
"""


def history(*new: str) -> list[str]:
    """Add messages to those that are kept, and return all."""
    with closing(connect("chat.db")) as database, database:
        database.execute("create table if not exists messages (id integer primary key, text)")
        database.executemany("insert into messages (text) values (?)", [(text,) for text in new])
        rows = database.execute("select text from messages order by id").fetchall()
    return [text for (text,) in rows]


@app.get("/", response_class=HTMLResponse)
async def home() -> str:
    return PAGE


@app.websocket("/ws")
async def chat(socket: WebSocket) -> None:
    await socket.accept()
    for text in history():
        await socket.send_text(text)
    chatting.add(socket)
    try:
        while True:
            text = await socket.receive_text()
            history(text)
            for other in list(chatting):
                await other.send_text(text)
    except WebSocketDisconnect:
        pass
    finally:
        chatting.discard(socket)
