// A sound's files by language: named, uploaded, listened to.

import { Upload } from "lucide-react";
import { useRef, useState } from "react";
import { words } from "../../io/admin";
import { sendSound, soundPath } from "../../io/configuration";
import { without } from "../../model/admin/json";
import { text } from "../../model/read";
import type { Json } from "../../model/read";
import { Button } from "../Controls";
import { NewName, Remove } from "./PairsField";

export function SoundsField({ files, onChange }: {
  files: Json;
  onChange: (files: Json) => void;
}) {
  return (
    <div className="pairs">
      {Object.entries(files).map(([language, path]) => (
        <SoundRow key={language} language={language} path={text(path)}
          onPath={(next) => onChange({ ...files, [language]: next })}
          onRemove={() => onChange(without(files, language))} />
      ))}
      <NewName name="Language" taken={files}
        onName={(language) => onChange({ ...files, [language]: "" })} />
    </div>
  );
}

function SoundRow({ language, path, onPath, onRemove }: {
  language: string;
  path: string;
  onPath: (path: string) => void;
  onRemove: () => void;
}) {
  const chooser = useRef<HTMLInputElement>(null);
  const [problem, setProblem] = useState<string | null>(null);
  // A sound that was put in another's place is fetched anew.
  const [sent, setSent] = useState(0);
  const send = async (file: File) => {
    const next = `${language}/${file.name}`;
    try {
      await sendSound(next, file);
    } catch (error) {
      setProblem(words(error));
      return;
    }
    setProblem(null);
    setSent((count) => count + 1);
    onPath(next);
  };
  return (
    <div className="pair">
      <span className="pair-name">{language}</span>
      <input type="text" aria-label={`Path of ${language}`} value={path}
        onChange={({ target }) => onPath(target.value)} />
      <input ref={chooser} type="file" accept=".wav,.ogg,.oga,.opus,audio/wav,audio/ogg" hidden
        aria-label={`Sound file of ${language}`}
        onChange={({ target }) => {
          const [file] = target.files ?? [];
          target.value = "";
          if (file !== undefined) void send(file);
        }} />
      <Button label={`Upload ${language}`} icon={Upload}
        onClick={() => chooser.current?.click()} />
      {path === "" ? null : (
        // Nobody has written down what is said.
        // oxlint-disable-next-line jsx-a11y/media-has-caption
        <audio key={sent} controls preload="none" aria-label={`Sound of ${language}`}
          src={soundPath(path)} />
      )}
      <Remove name={language} onRemove={onRemove} />
      {problem === null ? null : <span className="field-problem" role="alert">{problem}</span>}
    </div>
  );
}
